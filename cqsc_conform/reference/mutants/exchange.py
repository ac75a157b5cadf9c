"""The mutants of the record API: each breaks one requirement of di-exchange, and only that."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cqsc_conform.reference.exchange_answers import Answer
from cqsc_conform.reference.mutants import exchange_hooks as hooks
from cqsc_conform.reference.mutants import exchange_stores as stores
from cqsc_conform.reference.mutants.exchange_shapes import (
    CONFORMING,
    AnswerHook,
    DataHook,
    Mutant,
    after,
    everywhere,
    members,
    on,
    setting,
)
from cqsc_conform.reference.mutants.shapes import Collateral, Text

__all__ = ["MUTANTS", "Mutant", "mutant_of"]


def _mutant(number: str, half: str, zh: str, en: str, **how: Any) -> Mutant:  # noqa: ANN401
    requirement = f"DI-EXCHANGE-{number}"
    return Mutant(f"{requirement}.{half}", requirement, Text(zh, en), **how)


def _data(number: str, half: str, zh: str, en: str, hook: DataHook) -> Mutant:
    return _mutant(number, half, zh, en, data=hook)


def _answer(number: str, half: str, zh: str, en: str, hook: AnswerHook) -> Mutant:
    return _mutant(number, half, zh, en, answer=hook)


def _list(number: str, half: str, zh: str, en: str, hook: AnswerHook, **where: Any) -> Mutant:  # noqa: ANN401
    return _mutant(number, half, zh, en, answer=on("records.list", hook, **where))


def _total(by: int) -> AnswerHook:
    return after(members(total=lambda total: total + by))


def _digest(change: Callable[[Answer], Answer]) -> AnswerHook:
    return on("records.export", after(change))


_DELETION_CONTROL = Collateral(
    "DI-EXCHANGE-014",
    Text(
        "014 的对照要求新建的记录在删除前可以读取，否则“未找到”不能说明已删除",
        "014 has for its control that the record is read before it is deleted, or not finding it"
        " would show nothing",
    ),
)


MUTANTS: tuple[Mutant, ...] = (
    _list(
        "001", "repeat", "每页首条重复上页末条", "pages repeat the last record of the one before",
        hooks.overlapping, limit="18",
    ),
    _list(
        "001", "lost", "某一每页条数下缺一条", "one page size loses a record",
        hooks.shorter, limit="18",
    ),
    _list(
        "002", "skips", "每页一条时隔条跳过", "a page size of one skips every other record",
        hooks.skipping, limit="1",
    ),
    _list(
        "002", "empty", "每页一条时得到空页", "a page size of one gives empty pages",
        after(members(items=[])), limit="1",
    ),
    _list(
        "002", "ends", "每页一条时提前结束", "a page size of one ends early",
        after(members(next=None)), limit="1",
    ),
    _list(
        "003", "one-more", "多给一条", "one record more than asked for",
        hooks.one_more, limit="18",
    ),
    _list("003", "unbounded", "超大页不设上限", "no bound on large pages", hooks.unbounded),
    _list("004", "many", "总数多一", "total one too many", _total(1)),
    _list("004", "few", "总数少一", "total one too few", _total(-1)),
    _list(
        "005", "counted", "按条数计位置", "pages are counted from the beginning",
        hooks.counting(created=True, deleted=True), sort=None, region=None, fields=None,
    ),
    _list(
        "005", "created", "新增使页位移动", "what is created shifts the pages",
        hooks.counting(created=True, deleted=False), sort=None, region=None, fields=None,
    ),
    _list(
        "005", "deleted", "删除使页位移动", "what is deleted shifts the pages",
        hooks.counting(created=False, deleted=True), sort=None, region=None, fields=None,
    ),
    _list(
        "006", "again", "游标不前进", "the cursor stays where it is",
        hooks.same_cursor, limit="1",
    ),
    _list("006", "long", "游标过长", "a cursor of six thousand characters",
          hooks.long_cursor, limit="1"),
    _list("007", "altered", "改动的游标从头开始", "an altered cursor begins anew", hooks.lenient),
    _list("007", "foreign", "游标不随查询绑定", "a cursor serves another query", hooks.unbound),
    _list("007", "broken", "改动的游标引起内部错误", "an altered cursor breaks it", hooks.crashing),
    _list(
        "008", "ignored", "忽略排序", "order ignored", hooks.sorted_as("id"), sort="-updated",
    ),
    _list(
        "008", "reversed", "升序写成降序", "ascending is descending",
        hooks.sorted_as("-updated"), sort="updated",
    ),
    _list(
        "008", "ties", "同一时刻的记录在页界丢失", "records of one moment are lost between pages",
        hooks.without_ties, sort="-updated",
    ),
    _list("009", "ignored", "无匹配时忽略过滤", "filter ignored when nothing matches",
          hooks.unless_empty),
    _list(
        "009", "prefix", "按前四位匹配", "matches by the first four digits",
        hooks.filtered(lambda each, wanted: each["region"][:4] == wanted[:4]),
    ),
    _list(
        "009", "lost", "过滤结果缺一条", "filtering loses a record",
        hooks.filtered(
            lambda each, wanted: each["region"] == wanted and not each["name"].endswith("006号")
        ),
    ),
    _list(
        "010", "exclusive", "起点不含边界", "the lower bound excludes itself",
        hooks.shifted("updated_from", lambda at: at + hooks.LITTLE),
    ),
    _list(
        "010", "inclusive", "终点包含边界", "the upper bound includes itself",
        hooks.shifted("updated_before", lambda at: at + hooks.LITTLE),
    ),
    _list(
        "010", "day", "起点按日取整", "the lower bound is cut to its day",
        hooks.shifted("updated_from", hooks.midnight),
    ),
    _list("011", "ignored", "忽略字段选择", "selection ignored", hooks.unselected),
    _list("011", "altered", "选择字段后取值改变", "selection changes a value", hooks.cut_names),
    _data("012", "enum", "状态不在枚举内", "a status outside the enum", setting(4, status="其他")),
    _data("012", "extra", "多出未声明的成员", "a member that is not declared",
          setting(4, remark="x")),
    _answer(
        "012", "invalid", "发布的结构无效", "the published schema is invalid",
        on("records.schema", after(members(type="objekt"))),
    ),
    _mutant("013", "overlooked", "变更缺一条", "one record is never told of",
            store=stores.Overlooking),
    _mutant("013", "stale", "变更内容陈旧", "a change tells what was before", store=stores.Stale),
    _mutant("013", "buried", "现存记录被告知已删除", "a living record is told as deleted",
            store=stores.Burying),
    _mutant("014", "silent", "删除不留痕迹", "deletion leaves no tombstone",
            store=stores.Forgetting),
    _answer("014", "there", "删除后仍可读取", "a deleted record is still answered",
            hooks.still_there),
    _answer(
        "015", "exclusive", "起点不含边界", "since excludes itself",
        hooks.since(lambda at: at + hooks.LITTLE),
    ),
    _answer(
        "015", "repeats", "窗口多给两天", "a window reaches back two days",
        hooks.since(lambda at: at - timedelta(days=4)),
    ),
    _answer("015", "until", "终点早于所给", "until is before what was given", hooks.early_until),
    _answer("016", "lost", "导出缺一条", "the export lacks a record",
            on("records.export", hooks.exported(lambda rows: [*rows[:9], *rows[10:]]))),
    _answer("016", "twice", "导出重复一条", "the export repeats a record",
            on("records.export", hooks.exported(lambda rows: [*rows, rows[5]]))),
    _answer(
        "016", "stale", "导出内容不同", "the export differs in a value",
        on("records.export", hooks.exported(lambda rows: [rows[0] | {"amount": 1.5}, *rows[1:]])),
    ),
    _answer(
        "017", "wrong", "摘要不符", "the digest is of something else",
        _digest(lambda said: replace(said, body=said.body + b"\n")),
    ),
    _answer("017", "absent", "没有摘要", "no digest",
            _digest(lambda said: replace(said, headers={}))),
    _answer("018", "differs", "详情与列表不同", "the detail differs", hooks.detailed(name="别名")),
    _answer("018", "absent", "列表记录取不到", "a listed record is not found", hooks.undetailed),
    _data("019", "dangling", "上级记录不存在", "a parent that does not exist",
          setting(6, parent="none")),
    _data(
        "020", "abolished", "行政区划已撤销", "a region abolished before",
        setting(5, region="500105", created="2026-03-01T08:00:00+08:00"),
    ),
    _data(
        "020", "unknown", "行政区划不存在", "a region that never existed",
        setting(5, region="510299", created="2024-03-01T08:00:00+08:00"),
    ),
    _data(
        "021", "check", "校验码错误", "wrong check character",
        setting(5, uscc=lambda code: code[:17] + ("1" if code[17] == "0" else "0")),
    ),
    _data("021", "charset", "含字母 I", "the letter I",
          setting(5, uscc=lambda code: code[:10] + "I" + code[11:])),
    _data(
        "022", "check", "校验码错误", "wrong check character",
        setting(3, citizen_id=lambda text: text[:17] + ("1" if text[17] == "0" else "0")),
    ),
    _data("022", "birth", "出生日期不存在", "born on no day", hooks.impossible_birth),
    _data("022", "future", "出生在将来", "not yet born", hooks.unborn),
    _data("022", "small-x", "小写 x", "a small x", hooks.small_x),
    _data("023", "sex", "性别代码为 3", "sex 3", setting(4, sex="3")),
    _data("023", "words", "性别写作“男”", "sex as a word", setting(4, sex="男")),
    _data("023", "division", "行业大类不存在", "no such division", setting(4, industry="98")),
    _data("023", "section", "门类与大类不符", "a division of another section",
          setting(4, industry="A39")),
    _data(
        "024", "swapped", "经纬度颠倒", "axes exchanged",
        lambda records: setting(
            6, longitude=records[6]["latitude"], latitude=records[6]["longitude"]
        )(records),
    ),
    _data("024", "null", "位置为 0, 0", "a position of 0, 0",
          setting(6, longitude=0.0, latitude=0.0)),
    _data("024", "outside", "位置在川渝之外", "a position far away",
          setting(6, longitude=121.4737, latitude=31.230416)),
    _data(
        "024", "coarse", "位置只有两位小数", "positions of two decimals",
        everywhere(
            lambda each: each
            | {name: round(each[name], 2) for name in ("longitude", "latitude")}
        ),
    ),
    _data("025", "text", "金额为文本", "an amount as text", setting(4, amount="12.30")),
    _data("025", "unit", "金额单位为万元", "an amount in 10 000 yuan",
          setting(4, amount_unit="万元")),
    _data("025", "negative", "数量为负", "a negative count", setting(4, count=-1)),
    _data("025", "large", "大整数以数值传送", "a large integer as a number",
          setting(9, count=9007199254740993)),
    _data("025", "noise", "金额带浮点噪声", "an amount with the noise of a float",
          setting(4, amount=23.399999618530273)),
    _mutant("026", "twice", "重发产生第二条记录", "a retry makes a second record",
            store=stores.Keyless),
    _mutant(
        "026", "late", "写后不能立即读取", "not readable at once",
        answer=hooks.unreadable_at_first(), also=(_DELETION_CONTROL,),
    ),
    _mutant("026", "letters", "生僻字丢失", "rare characters are lost", store=stores.Questioning),
    _answer("026", "unlisted", "新记录不在列表中", "the new record is not listed", hooks.unlisted),
)  # fmt: skip


def mutant_of(ident: str | None) -> Mutant:
    """Give the mutant of that id, or the conforming one for None; raises KeyError if unknown."""
    return CONFORMING if ident is None else {m.id: m for m in MUTANTS}[ident]
