"""Guesses the language of a text from its script and its most frequent small words.

Invariant: says "an unknown language" rather than guess from nothing.
"""

import re
import unicodedata
from collections import Counter

UNKNOWN = "a language that I do not recognise"

# Names of scripts as they begin the Unicode names of their letters.
SCRIPTS = {
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "CJK": "Chinese",
    "CYRILLIC": "a language in Cyrillic script",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "GREEK": "Greek",
    "DEVANAGARI": "Hindi",
    "THAI": "Thai",
}

SMALL_WORDS = {
    "English": "the and is are of to in that it you this for what how hello hi please with can my i a me who show",
    "German": "der die das und ist nicht ich du ein eine mit wie was hallo bitte zu auf für kann mein guten",
    "French": "le la les et est un une je tu vous que pour avec dans bonjour salut merci comment ce des",
    "Spanish": "el la los y es un una que de por para con hola como qué gracias mi en no",
    "Italian": "il lo gli e è un una che di per con ciao come grazie non mi sono del",
    "Portuguese": "o a os e é um uma que de por para com olá como obrigado não meu em você",
    "Dutch": "de het een en is niet ik je jij van met hoe wat hallo alstublieft op voor mijn",
}
SMALL_WORD_SETS = {name: frozenset(words.split()) for name, words in SMALL_WORDS.items()}


def guess_language(text: str) -> str:
    """An English name, or UNKNOWN; looks at the first 2,000 characters only."""
    sample = text[:2000]
    return _by_script(sample) or _by_small_words(sample) or UNKNOWN


def _by_script(text: str) -> str | None:
    letters = [char for char in text if char.isalpha()]
    counts = Counter(unicodedata.name(char, "").split(" ")[0].split("-")[0] for char in letters)
    # Kana decides for Japanese also where Chinese characters are more frequent.
    for script in ("HIRAGANA", "KATAKANA"):
        if counts[script] > len(letters) * 0.1:
            return SCRIPTS[script]
    script, count = counts.most_common(1)[0] if counts else ("", 0)
    return SCRIPTS.get(script) if count > len(letters) * 0.3 else None


def _by_small_words(text: str) -> str | None:
    words = re.findall(r"[^\W\d_]+", text.lower())
    scores = {name: sum(word in small for word in words) for name, small in SMALL_WORD_SETS.items()}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] else None
