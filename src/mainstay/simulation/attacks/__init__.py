"""Attacks: each a small program that plays one kind, with what a seed decides left open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mainstay.simulation.attacks import (
    abuse,
    credentials,
    data,
    defenses,
    doors,
    exposure,
    hosts,
    movement,
    privileges,
    ransom,
    wires,
)  # fmt: skip
from mainstay.simulation.scene import Scene

Program = Callable[[Scene], None]

ATTACKS: Final[Mapping[str, Program]] = {
    "stolen-key": credentials.stolen_key,
    "stolen-instance-credentials": credentials.stolen_instance_credentials,
    "console-brute-force": credentials.console_brute_force,
    "password-spray": credentials.password_spray,
    "login-without-mfa": credentials.login_without_mfa,
    "impossible-travel": credentials.impossible_travel,
    "root-used": credentials.root_used,
    "privileges-by-policy-version": privileges.by_policy_version,
    "privileges-by-attachment": privileges.by_attachment,
    "privileges-by-inline-policy": privileges.by_inline_policy,
    "privileges-by-function": privileges.by_function,
    "trust-opened": doors.trust_opened,
    "user-created": doors.user_created,
    "login-profile-for-another": doors.login_profile_for_another,
    "key-for-another": doors.key_for_another,
    "provider-added": doors.provider_added,
    "trail-stopped": defenses.trail_stopped,
    "trail-narrowed": defenses.trail_narrowed,
    "detection-disabled": defenses.detection_disabled,
    "flow-logs-deleted": defenses.flow_logs_deleted,
    "bucket-opened": exposure.bucket_opened,
    "snapshot-shared": exposure.snapshot_shared,
    "database-snapshot-shared": exposure.database_snapshot_shared,
    "image-published": exposure.image_published,
    "database-opened": exposure.database_opened,
    "function-opened": exposure.function_opened,
    "mass-download": data.mass_download,
    "secrets-harvested": data.secrets_harvested,
    "mining": abuse.mining,
    "mail-abuse": abuse.mail,
    "model-abuse": abuse.models,
    "ransom-by-encryption": ransom.by_encryption,
    "ransom-by-key": ransom.by_key,
    "ransom-by-deletion": ransom.by_deletion,
    "backups-deleted": ransom.backups_deleted,
    "commands-on-many-hosts": hosts.commands_on_many,
    "session-on-host": hosts.session_on_host,
    "user-data-changed": hosts.user_data_changed,
    "container-entered": hosts.container_entered,
    "cluster-taken": hosts.cluster_taken,
    "lateral-move": movement.lateral_move,
    "organization-left": movement.organization_left,
    "change-outside-pipeline": movement.change_outside_pipeline,
    "network-opened": movement.network_opened,
    "port-scan": wires.port_scan,
    "mining-pool": wires.mining_pool,
    "exfiltration-by-dns": wires.exfiltration_by_dns,
}
