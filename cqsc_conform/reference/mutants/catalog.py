"""The mutants of the catalogue API: each breaks one requirement of di-catalog, and only that."""

from cqsc_conform.reference.data import (
    CONDITIONAL,
    FREE,
    OPEN_CONDITIONAL,
    OPEN_FREE,
    REFUSED,
)
from cqsc_conform.reference.mutants import catalog_hooks as hooks
from cqsc_conform.reference.mutants.shapes import (
    CONFORMING,
    AnswerHook,
    Collateral,
    DataHook,
    Mutant,
    Text,
    dropping,
    on,
    rewriting,
    setting,
)

__all__ = ["MUTANTS", "Mutant", "mutant_of"]

_FREE = {"share_type": FREE}
_CONDITIONAL = {"share_type": CONDITIONAL}
_REFUSED = {"share_type": REFUSED}
# No real age is demanded of an irregular entry, so that its times can be wrong alone.
_IRREGULAR = {"update_period": "不定期"}
_DAILY = {"update_period": "每日"}


def _data(number: str, half: str, zh: str, en: str, hook: DataHook) -> Mutant:
    requirement = f"DI-CATALOG-{number}"
    return Mutant(f"{requirement}.{half}", requirement, Text(zh, en), data=hook)


def _answer(
    number: str, half: str, zh: str, en: str, hook: AnswerHook, also: tuple[Collateral, ...] = ()
) -> Mutant:
    requirement = f"DI-CATALOG-{number}"
    return Mutant(f"{requirement}.{half}", requirement, Text(zh, en), also, answer=hook)


_SEARCH_CONTROL = Collateral(
    "DI-CATALOG-015",
    Text(
        "015 的对照要求按名称能检索到已知条目，名称检索失效时 015 不能定论",
        "015 has a search by a known title for its control and is inconclusive where that fails",
    ),
)


MUTANTS: tuple[Mutant, ...] = (
    _data("001", "absent", "缺少摘要", "abstract absent", dropping(_FREE, "abstract")),
    _data("001", "empty", "格式为空", "format empty", setting(_FREE, format="")),
    _data(
        "002",
        "check-char",
        "提供方代码校验码错误",
        "wrong check character in provider_code",
        rewriting({}, "provider_code", hooks.other_check_character),
    ),
    _data(
        "002",
        "charset",
        "提供方代码含字母 O",
        "letter O in provider_code",
        rewriting({}, "provider_code", lambda c: c[:10] + "O" + c[11:]),
    ),
    _data(
        "002",
        "length",
        "提供方代码缺校验码",
        "provider_code without its check character",
        rewriting({}, "provider_code", lambda c: c[:17]),
    ),
    _data(
        "003",
        "unknown",
        "共享类型为“部分共享”",
        "share_type outside the three",
        setting(_FREE, share_type="部分共享"),
    ),
    _data(
        "003",
        "space",
        "共享类型尾随空格",
        "share_type followed by a space",
        setting(_FREE, share_type=FREE + " "),
    ),
    _data(
        "004",
        "condition",
        "有条件共享未给出条件",
        "conditional sharing without a condition",
        dropping(_CONDITIONAL, "share_condition"),
    ),
    _data(
        "004",
        "basis",
        "不予共享未给出依据",
        "refused sharing without its basis",
        dropping(_REFUSED, "refusal_basis"),
    ),
    _data(
        "005",
        "unknown",
        "开放属性为“开放”",
        "open_type outside the three",
        setting({"open_type": OPEN_FREE}, open_type="开放"),
    ),
    _data(
        "005",
        "condition",
        "有条件开放未给出条件",
        "conditional opening without a condition",
        dropping({"open_type": OPEN_CONDITIONAL}, "open_condition"),
    ),
    _data(
        "006",
        "width",
        "资源代码顺序号少一位",
        "sequence of five digits in code",
        rewriting({}, "code", lambda c: c.replace("/0", "/", 1)),
    ),
    _data(
        "006",
        "separator",
        "资源代码分隔符错误",
        "hyphen for the separator in code",
        rewriting({}, "code", lambda c: c.replace("/", "-")),
    ),
    _data(
        "007",
        "abolished",
        "发布时行政区划已撤销",
        "region abolished before the published date",
        hooks.abolished_region,
    ),
    # Published on a day for which the lists are closed, so that nobody can say "not yet known".
    _data(
        "007",
        "unknown",
        "行政区划代码不存在",
        "region that never existed",
        setting({}, region="510299", published="2024-03-01"),
    ),
    _data(
        "007", "province", "省级代码不存在", "region of no province", setting({}, region="990102")
    ),
    _data(
        "008",
        "unknown",
        "更新周期为“经常”",
        "update_period outside the list",
        setting(_IRREGULAR, update_period="经常"),
    ),
    _data(
        "009", "daily", "每日数据已 40 天未更新", "daily entry 40 days old", hooks.stale("每日", 40)
    ),
    _data(
        "009",
        "yearly",
        "每年数据已 500 天未更新",
        "yearly entry 500 days old",
        hooks.stale("每年", 500),
    ),
    _data("010", "type", "信息项缺少类型", "information item without a type", hooks.untyped_item),
    _data(
        "010",
        "unknown-type",
        "信息项类型不在列表内",
        "information item of an undeclared type",
        hooks.oddly_typed_item,
    ),
    _data(
        "010",
        "duplicate",
        "信息项名称重复",
        "two information items of one name",
        hooks.duplicate_item,
    ),
    _data(
        "011",
        "renamed",
        "服务实际字段改名",
        "live field under another name",
        hooks.live_schema(lambda fields: (fields[0] | {"name": "zzz"}, *fields[1:])),
    ),
    _data(
        "011",
        "type",
        "服务实际字段类型不同",
        "live field of another type",
        hooks.live_schema(lambda fields: (fields[0] | {"type": "binary"}, *fields[1:])),
    ),
    _data(
        "011",
        "extra",
        "服务实际多出字段",
        "live field that the catalogue does not tell",
        hooks.live_schema(lambda fields: (*fields, {"name": "zzz", "type": "string"})),
    ),
    _answer("012", "title", "详情名称与列表不同", "title differs in the detail", hooks.retitled),
    _answer(
        "012",
        "element",
        "详情共享方式与列表不同",
        "share_mode differs in the detail",
        hooks.other_mode,
    ),
    _answer(
        "012", "unanswered", "列表条目无法取得", "a listed entry is not found", hooks.unanswered
    ),
    _answer(
        "013",
        "some-entry",
        "未知标识返回其他条目",
        "unknown id answered with some entry",
        hooks.some_entry,
    ),
    _answer(
        "013", "empty", "未知标识返回空对象", "unknown id answered with nothing", hooks.empty_entry
    ),
    _answer(
        "014",
        "title",
        "检索不匹配名称",
        "search overlooks titles",
        on("catalog.search", hooks.untitled_search),
        (_SEARCH_CONTROL,),
    ),
    _answer(
        "014",
        "neighbour",
        "检索返回相邻条目",
        "search gives the neighbours",
        on("catalog.search", hooks.neighbour_search),
    ),
    _answer(
        "015",
        "ignored",
        "无匹配时忽略关键字",
        "keyword ignored when nothing matches",
        on("catalog.search", hooks.unfiltered_search),
    ),
    _answer(
        "015",
        "nearest",
        "无匹配时返回一个条目",
        "one entry given when nothing matches",
        on("catalog.search", hooks.nearest_search),
    ),
    _answer("016", "many", "总数多一", "total one too many", on("catalog.list", hooks.total(1))),
    _answer("016", "few", "总数少一", "total one too few", on("catalog.list", hooks.total(-1))),
    _answer(
        "017",
        "repeat",
        "第二页重复首页末条",
        "page 2 repeats the last entry of page 1",
        on("catalog.list", hooks.overlapping),
    ),
    _answer(
        "017",
        "two-sets",
        "不同每页条数得到不同集合",
        "the page size changes the set",
        on("catalog.list", hooks.size_dependent),
    ),
    _data("018", "shared", "两个条目同一代码", "two entries of one code", hooks.shared_code),
    _data(
        "019",
        "dangling",
        "责任清单指向不存在的条目",
        "responsibility item without an entry",
        hooks.dangling_duty,
    ),
    _answer(
        "020", "unavailable", "责任条目服务返回 503", "service answers 503", hooks.service(503)
    ),
    _answer("020", "absent", "责任条目服务返回 404", "service answers 404", hooks.service(404)),
    _data(
        "021",
        "calendar",
        "更新时间为 2 月 30 日",
        "updated on 30 February",
        rewriting(_IRREGULAR, "updated", lambda t: f"{t[:4]}-02-30{t[10:]}"),
    ),
    _data(
        "021",
        "offset",
        "更新时间缺少时区",
        "updated without offset",
        rewriting(_IRREGULAR, "updated", lambda t: t[:19]),
    ),
    _data(
        "021",
        "basic",
        "更新时间为基本格式",
        "updated in the basic form",
        rewriting(_IRREGULAR, "updated", lambda t: t.replace("-", "").replace(":", "")),
    ),
    _data("021", "future", "更新时间在未来", "updated in the future", hooks.updated_in_future),
    _answer(
        "022",
        "all",
        "不予共享信息项对匿名可见",
        "items shown to anonymous",
        hooks.shown_to_anonymous(from_=0),
    ),
    _answer(
        "022",
        "one",
        "仅首个不予共享条目隐藏",
        "items hidden for the first such entry only",
        hooks.shown_to_anonymous(from_=1),
    ),
)


def mutant_of(ident: str | None) -> Mutant:
    """Give the mutant of that id, or the conforming one for None; raises KeyError if unknown."""
    return CONFORMING if ident is None else {m.id: m for m in MUTANTS}[ident]
