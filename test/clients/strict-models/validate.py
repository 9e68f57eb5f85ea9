"""Reads samples as JSON lines {kind, name, value}, validates each with openai-python's models, prints the problems."""

import json
import sys
from typing import Any, get_args

from openai.types import Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseItem, ResponseStreamEvent
from pydantic import TypeAdapter, ValidationError


def by_type(union: Any) -> dict[str, TypeAdapter[Any]]:
    """Maps each `type` of a union to its member, so that an error is about the intended member."""
    members = get_args(get_args(union)[0]) or get_args(union)
    return {get_args(member.model_fields["type"].annotation)[0]: TypeAdapter(member) for member in members}


EVENTS = by_type(ResponseStreamEvent)
MODELS = {
    "response": TypeAdapter(Response),
    "chunk": TypeAdapter(ChatCompletionChunk),
    "completion": TypeAdapter(ChatCompletion),
}
LISTS = {"models": TypeAdapter(list[Model]), "input_items": TypeAdapter(list[ResponseItem])}


def validate(kind: str, value: Any) -> None:
    if kind == "event":
        adapter = EVENTS.get(value.get("type"))
        if adapter is None:
            raise TypeError(f"no model for an event {value.get('type')!r}")
        # As JSON text, as it arrives over the wire; strict: a number is not accepted as a string.
        adapter.validate_json(json.dumps(value), strict=True)
    elif kind in LISTS:
        LISTS[kind].validate_json(json.dumps(value["data"]), strict=True)
    else:
        MODELS[kind].validate_json(json.dumps(value), strict=True)


def describe(error: ValidationError) -> list[str]:
    """Describes the errors; in a union, only those of the member whose `type` matches."""
    errors = error.errors(include_url=False)
    mismatched = {item["loc"][:-1] for item in errors if item["type"] == "literal_error" and item["loc"][-1] == "type"}
    relevant = [item for item in errors if not any(item["loc"][: len(loc)] == loc for loc in mismatched)]
    return [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in relevant or errors[:1]]


count = 0
for line in sys.stdin:
    sample = json.loads(line)
    count += 1
    try:
        validate(sample["kind"], sample["value"])
    except ValidationError as error:
        for text in describe(error):
            print(f"{sample['kind']} of {sample['name']}: {text}")
    except (TypeError, KeyError) as error:
        print(f"{sample['kind']} of {sample['name']}: {error}")
print(f"{count} samples")
