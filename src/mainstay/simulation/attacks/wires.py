"""What shows on the wire: scans, pools, and data hidden in names."""

from __future__ import annotations

from mainstay.simulation import tokens
from mainstay.simulation.network_logs import Flow, Query
from mainstay.simulation.scene import Scene


def _machine(scene: Scene) -> tuple[str, str, str]:
    """A machine in production: its id, interface and address; it is looked at from inside once."""
    scene.account = scene.random.choice(scene.company.production())
    caller, machine = scene.inside_machine("instance")
    scene.call(caller, "sts:GetCallerIdentity")
    if scene.random.random() < 0.5:
        scene.refused(caller, "ec2:DescribeInstances")
    return machine.id, scene.thing("interface"), f"10.20.{scene.random.randrange(8)}.{scene.random.randrange(4, 250)}"


def port_scan(scene: Scene) -> None:
    _, interface, source = _machine(scene)
    targets = [
        f"10.20.{scene.random.randrange(8)}.{scene.random.randrange(4, 250)}"
        for _ in range(scene.random.randint(1, 30))
    ]
    ports = scene.random.sample(range(1, 10_000), 600 // len(targets) + 20)
    for target in targets:
        for port in ports:
            taken = scene.random.random() < 0.03
            scene.flows.append(Flow(scene.second, scene.account.id, interface, source, target,
                                    scene.random.randrange(32_768, 61_000), port, 1, 44, taken))  # fmt: skip
            scene.now += scene.random.random() * 0.5


def mining_pool(scene: Scene) -> None:
    machine, interface, source = _machine(scene)
    pool = scene.bad_network().address(scene.random)
    port = scene.random.choice((3333, 4444, 5555, 7777, 14_444, 45_700))
    name = scene.random.choice(
        ("pool.supportxmr.com.", "xmr-eu1.nanopool.org.", "gulf.moneroocean.stream.", "eu.stratum.example.net.")
    )
    local = scene.random.randrange(32_768, 61_000)
    for _ in range(scene.random.randint(60, 240)):
        if scene.random.random() < 0.2:
            scene.queries.append(
                Query(
                    scene.second,
                    scene.account.id,
                    scene.region,
                    scene.thing("vpc"),
                    source,
                    machine,
                    name,
                    answers=(pool,),
                )
            )
        packets = scene.random.randrange(4, 20)
        scene.flows.append(Flow(scene.second, scene.account.id, interface, source, pool, local, port, packets,
                                packets * scene.random.randrange(60, 300), True))  # fmt: skip
        scene.now += 60


def exfiltration_by_dns(scene: Scene) -> None:
    machine, _, source = _machine(scene)
    domain = f"{tokens.text(scene.random, 7).lower()}.example.net"
    vpc = scene.thing("vpc")
    for number in range(scene.random.randint(200, 600)):
        label = tokens.letters(scene.random, scene.random.randint(40, 60)).lower()
        scene.queries.append(
            Query(
                scene.second,
                scene.account.id,
                scene.region,
                vpc,
                source,
                machine,
                f"{label}.{number}.{domain}.",
                scene.random.choice(("TXT", "A", "NULL")),
                "NOERROR",
            )
        )
        scene.now += scene.random.random() * 4 * scene.hurry
