"""Strings that somebody would send to harm a reader or his tools."""

TERMINAL = "\x1b[2J\x1b]0;owned\x07\x9b31m\r\nfake: PASS\x08\x7f"
BIDI = "user\u202egpj.exe\u2066x\u2069\u200f\u061c\ufeff"
XML = "\x00\x0b\ufffe\uffff]]><![CDATA[<failure/>&bogus;\"'"
MARKUP = (
    "<script>alert(1)</script><img src=x onerror=y> [a](javascript:b) ![i](http://e.example/i) "
    "| a | b |\n# heading\n```\n<!-- *x* _y_ ~z~ http://e.example/ www.e.example `c` \\| &lt;"
)
FORMULA = "=cmd|' /C calc'!A0"
TEMPLATE = "{why}{code}{0.__class__}{run!r}%(x)s%s"
SURROGATE = "\ud83d alone \udfff"
WIDE = "\u200d𠮷😀🇨🇳e\u0301" + "中" * 300
LONG = "A" * 100_000
RICH = "[bold red]x[/] :smile: [link=http://e.example]y[/link]"
CODE = "engine.cancelled"
PATH = "../../../../etc/passwd." + "a" * 5000 + ".po"
EMPTY = ""
SEPARATORS = "a\u2028b\u2029c\u0085d\x1ce"

ALL = {
    name.lower(): value
    for name, value in list(globals().items())
    if name.isupper() and isinstance(value, str)
}
