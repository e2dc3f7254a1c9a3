"""The parameters of a request as a form."""

from conversations.parameter_form.form import PREFIX, ParameterForm
from conversations.parameter_form.words import EXTRA

__all__ = ["EXTRA", "PREFIX", "ParameterForm"]
