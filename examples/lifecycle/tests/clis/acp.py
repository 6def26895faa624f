#!/usr/bin/python3 -S
"""An agent of the Agent Client Protocol: it asks its model what to write, and writes that."""
import json
import os
import sys
import urllib.request


def say(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def ask(prompt):
    """The files that the model wants, as a map from path to text."""
    tool = {"name": "Write", "description": "Writes a file.", "input_schema": {"type": "object", "properties": {
        "file_path": {"type": "string"}, "content": {"type": "string"}}}}
    body = {"model": "claude-sonnet-4-6", "max_tokens": 1000, "tools": [tool],
            "messages": [{"role": "user", "content": prompt}]}
    request = urllib.request.Request(
        os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "x-api-key": os.environ["ANTHROPIC_API_KEY"],
                 "anthropic-version": "2023-06-01"})
    with urllib.request.urlopen(request) as answer:
        content = json.load(answer)["content"]
    acts = [part["input"] for part in content if part["type"] == "tool_use"]
    return {act["file_path"]: act["content"] for act in acts}


for line in sys.stdin:
    request = json.loads(line)
    method, number = request.get("method"), request.get("id")
    if method == "initialize":
        say({"id": number, "result": {"protocolVersion": 1, "agentCapabilities": {}, "authMethods": []}})
    elif method == "session/new":
        say({"id": number, "result": {"sessionId": "one"}})
    elif method == "session/prompt":
        text = "".join(part.get("text", "") for part in request["params"]["prompt"])
        for path, content in ask(text).items():
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        update = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "It is done."}}
        say({"method": "session/update", "params": {"sessionId": "one", "update": update}})
        say({"id": number, "result": {"stopReason": "end_turn"}})
    elif number is not None and method:
        say({"id": number, "error": {"code": -32601, "message": "not known"}})
