"""What people call the things that profiles speak of: English, Chinese, pinyin and its initials."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

__all__ = [
    "CODE_MEMBERS",
    "CURSOR_MEMBERS",
    "ELEMENTS",
    "ITEM_MEMBERS",
    "MESSAGE_MEMBERS",
    "OPERATIONS",
    "OPTIONAL",
    "PARAMETERS",
    "TOTAL_MEMBERS",
    "VALUES",
    "Confidence",
    "Likeness",
    "OperationWords",
    "best_name",
    "elements_of",
    "is_optional",
    "plain",
    "wanted_elements",
]

Confidence = Literal["sure", "likely", "weak"]
_NO_LETTER = re.compile(r"[\W_]+")
_LONGEST = 80
_INITIALS = 4


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "page": _words(
        "page pageno pagenum pageindex pagenumber currentpage current curpage pageid pn"
        " dqy dqym ym yema 页码 页号 当前页 第几页 当前页码"
    ),
    "page_size": _words(
        "pagesize size limit perpage pagelimit rows maxresults ps mys myts mytsl yts"
        " meiyetiaoshu 每页条数 每页数量 每页记录数 每页大小 页大小 分页大小"
    ),
    "offset": _words("offset skip start startindex from startrow qsh qsxh 起始行 偏移 偏移量 起始"),
    "cursor": _words(
        "cursor next nexttoken pagetoken nextcursor scrollid marker after yb youbiao 游标 下一页"
    ),
    "keyword": _words(
        "keyword keywords q query search searchtext searchkey kw word text gjz gjc ssnr"
        " guanjianzi guanjianci 关键字 关键词 检索词 搜索内容 搜索词"
    ),
    "id": _words(
        "id entryid catalogid catalogueid cataid resourceid resid datasetid dataid itemid uuid guid"
        " identifier zyid zybh zybs mlid mlbh bh ziyuanid 标识 编号 资源编号 资源标识 主键 目录编号"
        " 目录标识 唯一标识"
    ),
}
"""Names of parameters, without case and punctuation; the likeliest first."""

_ENTRY: Mapping[str, tuple[str, ...]] = {
    "id": PARAMETERS["id"],
    "code": _words(
        "code resourcecode catalogcode cataloguecode infocode rescode zydm xxzydm mldm ziyuandaima"
        " 信息资源代码 资源代码 目录代码 资源编码 信息资源编码"
    ),
    "title": _words(
        "title name resourcename catalogname cataloguename resname catatitle zymc xxzymc mlmc"
        " ziyuanmingcheng 信息资源名称 资源名称 目录名称 名称 标题"
    ),
    "provider": _words(
        "provider providername orgname organization department dept deptname publisher owner"
        " tgf tgfmc zytgf xxzytgf tgbm tgdw tigongfang 信息资源提供方 资源提供方 提供方 提供方名称"
        " 提供单位 提供部门 数源单位"
    ),
    "provider_code": _words(
        "providercode orgcode organizationcode deptcode creditcode uscc socialcreditcode"
        " tgfdm tgfbm zytgfdm xxzytgfdm tgdwdm tyshxydm xydm tongyishehuixinyongdaima"
        " 信息资源提供方代码 提供方代码 统一社会信用代码 提供单位代码 提供方编码"
    ),
    "abstract": _words(
        "abstract summary description desc remark resourcedesc zy zyzy xxzyzy zyms ms"
        " zhaiyao 信息资源摘要 资源摘要 摘要 资源描述 描述 简介"
    ),
    "format": _words(
        "format resourceformat dataformat gs zygs xxzygs zygsfl geshi 信息资源格式 资源格式 格式"
        " 信息资源格式分类"
    ),
    "items": _words(
        "items infoitems dataitems fields columns fieldlist columnlist itemlist xxx xxxlb xxxlist"
        " sjx xinxixiang 信息项 信息项列表 信息项信息 数据项 字段列表"
    ),
    "share_type": _words(
        "sharetype sharingtype sharelevel shareattribute gxlx gxsx gongxiangleixing 共享类型"
        " 共享属性"
    ),
    "share_condition": _words("sharecondition sharingcondition gxtj gongxiangtiaojian 共享条件"),
    "refusal_basis": _words(
        "refusalbasis notsharebasis norefusebasis noshareReason noshare bgxyj byygxyj bygxyj"
        " 不予共享依据 不共享依据"
    ),
    "share_mode": _words(
        "sharemode sharingmode shareway sharemethod gxfs gongxiangfangshi 共享方式"
    ),
    "open_type": _words(
        "opentype openattribute openlevel isopen kflx kfsx kaifangshuxing 开放属性 开放类型"
        " 是否向社会开放"
    ),
    "open_condition": _words("opencondition kftj kaifangtiaojian 开放条件"),
    "update_period": _words(
        "updateperiod updatecycle updatefrequency frequency refreshcycle gxzq gengxinzhouqi"
        " 更新周期 更新频率"
    ),
    "published": _words(
        "published publishdate publishtime releasedate pubdate issued fbrq fbsj faburiqi 发布日期"
        " 发布时间"
    ),
    "updated": _words(
        "updated updatetime updatedate lastupdate lastmodified modified dataupdatetime gxsj gxrq"
        " sjgxsj zjgxsj gengxinshijian 数据更新时间 更新时间 最近更新时间 更新日期"
    ),
    "related": _words(
        "related relatedcode relatedcodes relatedresource relations glzy glzydm glxxzydm"
        " 关联资源代码 关联信息资源代码 关联资源"
    ),
    "region": _words(
        "region regioncode areacode area districtcode divisioncode adcode xzqh xzqhdm xzqhbm dqdm"
        " 行政区划 行政区划代码 区划代码 行政区域代码 地区代码"
    ),
    "service": _words(
        "service serviceurl serviceaddress apiurl interfaceurl endpoint dataurl fwdz jkdz fwurl"
        " 服务地址 接口地址 服务链接"
    ),
    "identifier": _words("identifier resourceidentifier zybsf xxzybsf 资源标识符 信息资源标识符"),
}

_CHILD: Mapping[str, tuple[str, ...]] = {
    "name": _words(
        "name fieldname columnname itemname field column ename enname mc zdm zdmc xxxmc ziduanming"
        " 字段名 字段名称 英文名称 信息项名称 列名"
    ),
    "title": _words(
        "title label cnname chinesename comment fieldtitle caption bt zwmc zdzwm 中文名称 中文名"
        " 标题 字段中文名"
    ),
    "type": _words(
        "type datatype fieldtype columntype itemtype lx sjlx zdlx leixing 数据类型 字段类型 类型"
    ),
}

_DUTY: Mapping[str, tuple[str, ...]] = {
    "id": (
        *_words("id dutyid listid qdid qdbh zrqdbh 清单编号 责任清单编号"),
        *_words("编号 标识"),
    ),
    "title": _words(
        "title name dutyname itemname qdmc sxmc zrqdmc mc 清单名称 事项名称 责任清单名称"
    ),
    "provider": _ENTRY["provider"],
    "entry_id": _words(
        "entryid catalogid catalogueid resourceid datasetid zybh zyid mlid mlbh zybs 目录编号"
        " 资源编号 目录标识 资源标识 关联目录 目录条目标识"
    ),
}

ELEMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "catalog.list": {
        name: words
        for name, words in _ENTRY.items()
        if name not in {"items", "abstract", "service"}
    },
    "catalog.search": {name: _ENTRY[name] for name in ("id", "code", "title", "provider")},
    "catalog.get": _ENTRY,
    "dataset.schema": _CHILD,
    "responsibility.list": _DUTY,
}
"""The elements that profiles read, by operation, and what else they are called."""

CHILDREN: Mapping[str, Mapping[str, tuple[str, ...]]] = {"items": _CHILD}
"""Elements that are lists of objects with elements of their own (``items.name``)."""

OPTIONAL = frozenset(
    {"share_condition", "refusal_basis", "open_condition", "related", "service", "identifier"}
) | {"items.title", "items"}
"""Elements that an item may lack; a missing one is no fault of the mapping."""

VALUES: Mapping[str, tuple[str, ...]] = {
    "share_type": ("无条件共享", "有条件共享", "不予共享"),
    "open_type": ("无条件开放", "有条件开放", "不予开放"),
    "update_period": (
        "实时", "每日", "每周", "每月", "每季度", "每半年", "每年", "不定期",
    ),
}  # fmt: skip
"""Closed lists of values, for elements whose spelling a vendor may have coded."""

ITEM_MEMBERS = _words(
    "items rows records list data datalist result results content entries resultlist pagelist jlb"
    " sjlb jglb fields columns 数据列表 记录列表 列表 数据"
)
TOTAL_MEMBERS = _words(
    "total totalcount count totalelements totalnum totalrecords totalsize recordcount zs zts zjls"
    " 总数 总条数 总记录数 记录总数"
)
CURSOR_MEMBERS = _words("next nextcursor cursor nexttoken nextpagetoken scrollid marker yb 游标")
CODE_MEMBERS = _words(
    "code resultcode errcode errorcode retcode respcode statuscode ret bizcode ztm zt fhm 状态码"
    " 返回码 业务码"
)
MESSAGE_MEMBERS = _words("msg message errmsg info desc resultmsg retmsg success data 消息 提示信息")


class OperationWords(Struct, frozen=True):
    """How an operation is recognised: words of its path and of what is written about it."""

    topic: tuple[str, ...]
    deed: tuple[str, ...]
    many: bool
    needs: str = ""
    against: tuple[str, ...] = ()


_CATALOG = _words(
    "catalog catalogue directory mulu resource resources entries zy ziyuan 目录 信息资源 资源"
)
OPERATIONS: Mapping[str, OperationWords] = {
    "catalog.list": OperationWords(
        topic=_CATALOG,
        deed=_words("list page query all entries lb cx fy 列表 分页 列出 查询"),
        many=True,
        against=_words("search jiansuo 检索 搜索 字段 schema duty 责任 records"),
    ),
    "catalog.search": OperationWords(
        topic=_CATALOG,
        deed=_words("search find query jiansuo ss 检索 搜索 关键字 关键词"),
        many=True,
        needs="keyword",
        against=_words("字段 schema duty 责任 records"),
    ),
    "catalog.get": OperationWords(
        topic=_CATALOG,
        deed=_words("detail info get view show xq xiangqing 详情 明细 详细"),
        many=False,
        needs="id",
        against=_words("schema fields records data structure 字段 结构 记录 责任"),
    ),
    "dataset.schema": OperationWords(
        topic=_words("dataset datasets data service shujuji sjj 数据集 数据 服务"),
        deed=_words(
            "schema fields columns structure struct meta metadata ziduan zd 字段 结构 信息项 元数据"
        ),
        many=True,
        needs="id",
    ),
    "dataset.records": OperationWords(
        topic=_words("dataset datasets data service shujuji sjj 数据集 数据"),
        deed=_words("records rows data preview jilu sj 记录 数据 明细数据"),
        many=True,
        needs="id",
        against=_words("schema fields 字段 结构"),
    ),
    "responsibility.list": OperationWords(
        topic=_words("responsibility responsibilities duty duties zrqd zeren 责任 责任清单"),
        deed=_words("list page query 清单 列表"),
        many=True,
    ),
}


class Likeness(Struct, frozen=True):
    """How a name fits: what was matched, and how far to trust it."""

    name: str
    confidence: Confidence
    rank: int


def plain(name: str) -> str:
    """Write a name without case and punctuation."""
    return _NO_LETTER.sub("", name[:_LONGEST]).lower()


def elements_of(operation: str) -> Mapping[str, tuple[str, ...]]:
    """Give the elements of an operation that have names here, children after their parent."""
    own = ELEMENTS.get(operation, {})
    below = {
        f"{parent}.{name}": words
        for parent in own
        for name, words in CHILDREN.get(parent, {}).items()
    }
    return {**own, **below}


def wanted_elements(operation: str) -> tuple[str, ...]:
    """Name the elements that an item must have for profiles to say anything of it."""
    return tuple(name for name in ELEMENTS.get(operation, {}) if not is_optional(operation, name))


def is_optional(operation: str, element: str) -> bool:
    """Tell whether an item may lack an element."""
    return element in OPTIONAL or (operation, element) == ("dataset.schema", "title")


def best_name(wanted: str, words: Iterable[str], offered: Mapping[str, str]) -> Likeness | None:
    """Choose among member names (with what is written about them) the one that means ``wanted``.

    The very name is sure; a known Chinese title is sure; another known name is likely, pinyin
    initials are weak; a title that holds a known one is weak.
    """
    known = {plain(word): rank for rank, word in enumerate(words)}
    found: list[tuple[int, int, str, Confidence]] = []
    for at, (name, title) in enumerate(offered.items()):
        spelled, told = plain(name), plain(title)
        if spelled == plain(wanted):
            found.append((0, at, name, "sure"))
        elif told in known and told:
            found.append((100 + known[told], at, name, "sure"))
        elif spelled in known:
            weak = spelled.isascii() and len(spelled) < _INITIALS and known[spelled] > 0
            found.append((200 + known[spelled], at, name, "weak" if weak else "likely"))
        elif held := _held(told, known):
            found.append((400 + known[held], at, name, "weak"))
    if not found:
        return None
    rank, _, name, confidence = min(found)
    return Likeness(name, confidence, rank)


def _held(told: str, known: Mapping[str, int]) -> str:
    """Find the longest Chinese name that begins what is written about a member."""
    chinese = (word for word in known if not word.isascii() and told.startswith(word))
    return max(chinese, key=len, default="")
