"""Logging and detection switched off, or narrowed until nothing is left of it."""

from __future__ import annotations

from mainstay.simulation.scene import Scene


def trail_stopped(scene: Scene) -> None:
    caller = scene.intruder()
    trail = scene.thing("trail")
    arn = f"arn:aws:cloudtrail:{scene.region}:{scene.account.id}:trail/{trail}"
    scene.call(caller, "cloudtrail:DescribeTrails")
    stopped = scene.random.random() < 0.7
    if stopped:
        scene.call(caller, "cloudtrail:StopLogging", {"name": scene.random.choice((trail, arn))})
    if not stopped or scene.random.random() < 0.3:
        scene.call(caller, "cloudtrail:DeleteTrail", {"name": arn})


def trail_narrowed(scene: Scene) -> None:
    caller = scene.intruder()
    trail = scene.thing("trail")
    arn = f"arn:aws:cloudtrail:{scene.region}:{scene.account.id}:trail/{trail}"
    scene.call(caller, "cloudtrail:GetEventSelectors")
    way = scene.random.randrange(3)
    if way == 0:
        selectors = [{"readWriteType": "ReadOnly", "includeManagementEvents": scene.random.random() < 0.5,
                      "dataResources": [], "excludeManagementEventSources": []}]  # fmt: skip
        scene.call(caller, "cloudtrail:PutEventSelectors", {"trailName": trail, "eventSelectors": selectors},
                   {"trailARN": arn, "eventSelectors": selectors})  # fmt: skip
    elif way == 1:
        selectors = [{"readWriteType": "All", "includeManagementEvents": True, "dataResources": [],
                      "excludeManagementEventSources": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}]  # fmt: skip
        scene.call(caller, "cloudtrail:PutEventSelectors", {"trailName": arn, "eventSelectors": selectors},
                   {"trailARN": arn, "eventSelectors": selectors})  # fmt: skip
    else:
        changed = {"name": trail, "isMultiRegionTrail": False, "includeGlobalServiceEvents": False,
                   "enableLogFileValidation": False}  # fmt: skip
        scene.call(caller, "cloudtrail:UpdateTrail", changed, changed | {"trailARN": arn})


def detection_disabled(scene: Scene) -> None:
    caller = scene.intruder()
    detector = scene.account.things["detector"][0]
    ways = ("recorder", "channel", "detector", "filter", "hub", "publishing", "members", "analyzer")
    for way in scene.random.sample(ways, scene.random.randint(1, 3)):
        match way:
            case "recorder":
                scene.call(caller, "config:StopConfigurationRecorder", {"configurationRecorderName": "default"})
            case "channel":
                scene.call(caller, "config:DeleteDeliveryChannel", {"deliveryChannelName": "default"})
            case "detector":
                scene.call(caller, "guardduty:ListDetectors")
                if scene.random.random() < 0.5:
                    scene.call(caller, "guardduty:DeleteDetector", {"detectorId": detector})
                else:
                    scene.call(caller, "guardduty:UpdateDetector", {"detectorId": detector, "enable": False})
            case "filter":
                criteria = {"criterion": {"severity": {"gte": 1}}}
                scene.call(caller, "guardduty:CreateFilter",
                           {"detectorId": detector, "name": "noise", "action": "ARCHIVE", "rank": 1,
                            "findingCriteria": criteria}, {"name": "noise"})  # fmt: skip
            case "hub":
                scene.call(caller, "securityhub:DisableSecurityHub", {})
            case "publishing":
                scene.call(
                    caller,
                    "guardduty:DeletePublishingDestination",
                    {"detectorId": detector, "destinationId": f"{scene.random.getrandbits(128):032x}"},
                )
            case "members":
                scene.call(caller, "guardduty:DisassociateFromAdministratorAccount", {"detectorId": detector})
            case _:
                scene.call(caller, "access-analyzer:DeleteAnalyzer", {"analyzerName": "organization"})


def flow_logs_deleted(scene: Scene) -> None:
    caller = scene.intruder()
    scene.call(caller, "ec2:DescribeFlowLogs")
    for number in range(scene.random.randint(1, 2)):
        flow_log = scene.account.things["flow_log"][number]
        scene.call(
            caller,
            "ec2:DeleteFlowLogs",
            {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": flow_log}}},
            {"DeleteFlowLogsResponse": {"xmlns": "http://ec2.amazonaws.com/doc/2016-11-15/", "unsuccessful": ""}},
        )
    if scene.random.random() < 0.4:
        scene.call(caller, "logs:DeleteLogGroup", {"logGroupName": "/vpc/flow-logs"})
