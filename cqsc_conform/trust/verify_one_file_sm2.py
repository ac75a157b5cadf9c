"""The part of the verifier in one file that verifies SM2; exporting puts both together."""

from cryptography.hazmat.primitives import hashes

# SM2 verification (GB/T 32918.2) over the curve of GB/T 32918.5, public values only.
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)  # fmt: skip
SM2_INFO = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200" + "04")
Point = tuple[int, int] | None


def plus(one: Point, other: Point) -> Point:
    """Add two points."""
    if one is None or other is None:
        return other if one is None else one
    if one[0] == other[0]:
        if (one[1] + other[1]) % P == 0:
            return None
        slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, P) % P
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, P) % P
    x = (slope * slope - one[0] - other[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def times(factor: int, point: Point) -> Point:
    """Multiply a point."""
    result: Point = None
    while factor:
        if factor & 1:
            result = plus(result, point)
        point, factor = plus(point, point), factor >> 1
    return result


def sm3(data: bytes) -> bytes:
    """Hash with SM3."""
    running = hashes.Hash(hashes.SM3())
    running.update(data)
    return running.finalize()


def sm2_verifies(info: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether an SM2 signature in DER verifies, with the default user ID."""
    point = int.from_bytes(info[27:59], "big"), int.from_bytes(info[59:], "big")
    on_curve = (point[1] ** 2 - point[0] ** 3 + 3 * point[0] - B) % P == 0
    if not info.startswith(SM2_INFO) or len(info) != 91 or not on_curve:  # noqa: PLR2004
        return False
    r_size = signature[3]
    r = int.from_bytes(signature[4 : 4 + r_size], "big")
    s = int.from_bytes(signature[6 + r_size :], "big")
    pair = [each.to_bytes(each.bit_length() // 8 + 1, "big") for each in (r, s)]
    written = b"".join(b"\x02%c%s" % (len(each), each) for each in pair)
    if signature != b"\x30%c%s" % (len(written), written) or not (0 < r < N and 0 < s < N):
        return False
    curve = b"".join(each.to_bytes(32, "big") for each in (P - 3, B, *G, *point))
    z_a = sm3(b"\x00\x80" + b"1234567812345678" + curve)
    e = int.from_bytes(sm3(z_a + message), "big")
    total = (r + s) % N
    found = plus(times(s, G), times(total, point))
    return total != 0 and found is not None and (e + found[0]) % N == r
