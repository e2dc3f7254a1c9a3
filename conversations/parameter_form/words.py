"""What the page calls the parameters, what it says about them, and in which groups it shows them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

SCHEMA = "response_format.json_schema"
EXTRA = "extra"

LABELS = {
    "temperature": gettext_lazy("Temperature"),
    "top_p": gettext_lazy("Nucleus"),
    "max_tokens": gettext_lazy("Longest answer"),
    "max_completion_tokens": gettext_lazy("Longest answer with thinking"),
    "reasoning_effort": gettext_lazy("Thinking effort"),
    "verbosity": gettext_lazy("Wordiness"),
    "n": gettext_lazy("Answers at once"),
    "stop": gettext_lazy("Stop at"),
    "seed": gettext_lazy("Seed"),
    "presence_penalty": gettext_lazy("Presence penalty"),
    "frequency_penalty": gettext_lazy("Frequency penalty"),
    "logit_bias": gettext_lazy("Token biases"),
    "logprobs": gettext_lazy("Probabilities"),
    "top_logprobs": gettext_lazy("Alternatives for each token"),
    "response_format.type": gettext_lazy("Format of the answer"),
    SCHEMA: gettext_lazy("JSON schema"),
    "tool_choice": gettext_lazy("Use of tools"),
    "parallel_tool_calls": gettext_lazy("Several tools at once"),
    "modalities": gettext_lazy("Kinds of output"),
    "audio.voice": gettext_lazy("Voice"),
    "audio.format": gettext_lazy("Sound format"),
    "stream": gettext_lazy("Write as it comes"),
    "stream_options.include_usage": gettext_lazy("Count tokens while streaming"),
    "service_tier": gettext_lazy("Service tier"),
    "user": gettext_lazy("User"),
    EXTRA: gettext_lazy("Anything else"),
}
HELP = {
    "temperature": gettext_lazy("Low is steady, high is surprising."),
    "top_p": gettext_lazy(
        "Only the likeliest tokens that together make up this share. Change this or the temperature."
    ),
    "max_tokens": gettext_lazy("Tokens. Under the name that the model accepts."),
    "max_completion_tokens": gettext_lazy("Tokens, thinking included. Wins over the other limit."),
    "n": gettext_lazy("They become versions of one answer, side by side."),
    "stop": gettext_lazy(
        "Writing ends before any of these, of which most endpoints take four. "
        "One to a line; \\n stands for a line break."
    ),
    "seed": gettext_lazy("The same seed and request give the same answer, as far as the endpoint can."),
    "presence_penalty": gettext_lazy("Above zero: new subjects. Below: the same again."),
    "frequency_penalty": gettext_lazy("Above zero: fewer repetitions."),
    "logit_bias": gettext_lazy(
        "One to a line: a token's id or text, =, and how much likelier. Some endpoints take ids only."
    ),
    "logprobs": gettext_lazy("How likely each token was, shown on the words."),
    "top_logprobs": gettext_lazy("Needs the probabilities."),
    SCHEMA: gettext_lazy(
        "What the JSON has to look like: a schema, or an object with name, schema and strict."
    ),
    "stream": gettext_lazy("Off: the answer comes whole, when it is finished."),
    "user": gettext_lazy("A name for you that the endpoint may use against abuse."),
    EXTRA: gettext_lazy("A JSON object: its members go into the request as they are."),
}
SIMPLE = ("temperature", "max_tokens", "reasoning_effort")
SHAPE = ("response_format.type", SCHEMA)
GROUPS = (
    (gettext_lazy("Words"), ("top_p", "presence_penalty", "frequency_penalty", "seed", "logit_bias")),
    (gettext_lazy("Length"), ("max_completion_tokens", "stop", "verbosity")),
    (gettext_lazy("Versions and probabilities"), ("n", "logprobs", "top_logprobs")),
    (gettext_lazy("Form"), SHAPE),
    (gettext_lazy("Tools"), ("tool_choice", "parallel_tool_calls")),
    (gettext_lazy("Sound and pictures"), ("modalities", "audio.voice", "audio.format")),
    (
        gettext_lazy("Transport"),
        ("stream", "stream_options.include_usage", "system_role", "service_tier", "user"),
    ),
    (gettext_lazy("Anything else"), (EXTRA,)),
)
