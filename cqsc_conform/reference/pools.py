"""The words that the synthetic catalogues are made of; the two references share no subject."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    """One kind of information resource: its name, abstract, format, class code and items.

    An item is (name, title, type).
    """

    name: str
    abstract: str
    format: str
    class_code: str
    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Pool:
    """What a catalogue draws on; places are (GB/T 2260 code, name)."""

    subjects: tuple[Subject, ...]
    places: tuple[tuple[str, str], ...]
    office: str


# 渝北区 was abolished on 2025-11-06: an entry published before that day still carries it rightly.
FORMER_PLACE = ("500112", "渝北区")
FORMER_PLACE_PUBLISHED = "2025-03-01"

_ID = ("bh", "编号", "string")
_TIME = ("gxsj", "更新时间", "date-time")

POOL_A = Pool(
    subjects=(
        Subject(
            "企业登记基本情况",
            "市场主体设立、变更与注销的主要事项",
            "数据库",
            "306003001",
            (
                _ID,
                ("mc", "名称", "string"),
                ("clrq", "成立日期", "date"),
                ("zczb", "注册资本", "number"),
            ),
        ),
        Subject(
            "空气质量小时值",
            "国控与市控站点逐小时监测结果",
            "JSON",
            "312001",
            (
                _ID,
                ("jcsj", "监测时间", "date-time"),
                ("pm25", "细颗粒物", "number"),
                ("sfyx", "是否有效", "boolean"),
            ),
        ),
        Subject(
            "行政执法案卷索引",
            "执法案件的立案、结案与归档信息",
            "数据库",
            "30200502",
            (_ID, ("larq", "立案日期", "date"), ("fj", "附件", "binary")),
        ),
        Subject(
            "公交线路与站点",
            "常规公交的线路走向、停靠站和首末班时刻",
            "JSON",
            "308002001",
            (_ID, ("xlmc", "线路名称", "string"), ("zds", "站点数", "integer"), _TIME),
        ),
        # U+4DAE is in the tables of GB 18030-2022; vendors' encoders lose it.
        Subject(
            "䶮坝耕地地力评价",
            "耕地质量等级与土壤养分抽样结果",
            "CSV",
            "310004",
            (_ID, ("dj", "地力等级", "integer"), ("yjz", "有机质", "number")),
        ),
        Subject(
            "养老服务机构",
            "备案养老机构的床位、资质与收费",
            "数据库",
            "304001003",
            (_ID, ("cws", "床位数", "integer"), ("sfba", "是否备案", "boolean"), _TIME),
        ),
        Subject(
            "信访事项办理台账",
            "来信来访事项的受理与答复过程",
            "数据库",
            "30100601",
            (_ID, ("slrq", "受理日期", "date"), ("zt", "状态", "string")),
        ),
        # U+2CB4E lies beyond the basic multilingual plane.
        Subject(
            "𬭎滩水位流量",
            "水文站逐日水位与流量",
            "JSON",
            "311002001",
            (_ID, ("sw", "水位", "number"), ("ll", "流量", "number"), ("rq", "日期", "date")),
        ),
        Subject(
            "电子证照签发",
            "部门签发的证照类型、数量与状态",
            "数据库",
            "303001",
            (_ID, ("zzlx", "证照类型", "string"), ("qfrq", "签发日期", "date")),
        ),
        Subject(
            "重点项目进度",
            "在建重点项目的投资与形象进度",
            "XLSX",
            "305007002",
            (_ID, ("tze", "投资额", "number"), ("sfwg", "是否完工", "boolean")),
        ),
        Subject(
            "应急避难场所",
            "场所位置、容量与开放状态",
            "JSON",
            "309003",
            (
                _ID,
                ("rl", "容纳人数", "integer"),
                ("jd", "经度", "number"),
                ("wd", "纬度", "number"),
            ),
        ),
        Subject(
            "医疗机构执业许可",
            "医疗机构的级别、科目与许可有效期",
            "数据库",
            "307002004",
            (_ID, ("jb", "级别", "string"), ("yxqz", "有效期至", "date")),
        ),
    ),
    places=(
        ("500103", "渝中区"),
        ("510104", "锦江区"),
        ("500106", "沙坪坝区"),
        ("510107", "武侯区"),
        ("500108", "南岸区"),
        ("510903", "船山区"),
        ("500153", "荣昌区"),
        ("511602", "广安区"),
        ("500235", "云阳县"),
        ("510722", "三台县"),
        ("500000", "重庆市"),
    ),
    office="数据示例局",
)

POOL_B = Pool(
    subjects=(
        Subject(
            "不动产抵押办结量",
            "按日汇总的抵押业务办结件数",
            "CSV",
            "205001",
            (("ywbm", "业务编码", "string"), ("bjl", "办结量", "integer")),
        ),
        Subject(
            "住房公积金贷款利率",
            "各期限个人住房贷款执行利率",
            "JSON",
            "20600301",
            (("qx", "期限", "integer"), ("ll", "利率", "number"), ("zxrq", "执行日期", "date")),
        ),
        Subject(
            "危险化学品仓储点",
            "仓储点的品类、储量与责任单位",
            "数据库",
            "209001002",
            (
                ("cdbm", "仓点编码", "string"),
                ("cl", "储量", "number"),
                ("sfzx", "是否在线", "boolean"),
            ),
        ),
        Subject(
            "图书馆馆藏目录",
            "公共图书馆纸质与数字馆藏",
            "XML",
            "204002",
            (("isbn", "国际标准书号", "string"), ("cbrq", "出版日期", "date")),
        ),
        Subject(
            "道路交通信号配时",
            "路口信号机的方案与周期",
            "JSON",
            "208003001",
            (
                ("lkbm", "路口编码", "string"),
                ("zqms", "周期秒数", "integer"),
                ("sxsj", "生效时间", "date-time"),
            ),
        ),
        Subject(
            "农产品批发价格",
            "批发市场主要农产品成交均价",
            "CSV",
            "210001",
            (
                ("pz", "品种", "string"),
                ("jj", "均价", "number"),
                ("rq", "日期", "date"),
                ("scs", "市场数", "integer"),
            ),
        ),
        Subject(
            "𠅤家沟地质灾害隐患点",
            "隐患点类型、威胁户数与监测方式",
            "数据库",
            "21100401",
            (("ydbm", "隐患点编码", "string"), ("hs", "威胁户数", "integer")),
        ),
    ),
    places=(
        ("511702", "通川区"),
        ("500110", "綦江区"),
        ("513401", "西昌市"),
        ("500241", "秀山土家族苗族自治县"),
        ("510000", "四川省"),
        ("500156", "武隆区"),
        ("511903", "恩阳区"),
        ("500120", "璧山区"),
        ("510681", "广汉市"),
    ),
    office="政务服务示例中心",
)
