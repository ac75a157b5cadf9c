from itertools import product

import msgspec
import paho.mqtt.packettypes
import paho.mqtt.properties
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.mqtt import Packet, encode
from cqsc_conform.formats.mqtt.properties import PROPERTIES, PacketType, Properties
from formats.mqtt.made import TO_CLIENT, TO_SERVER, VERSIONS, bare, decoded, packets

WAYS = list(product(VERSIONS, (TO_SERVER, TO_CLIENT)))


@pytest.mark.parametrize(("version", "direction"), WAYS)
def test_every_packet_comes_back(version, direction):
    @given(packets(version, direction))
    def there_and_back(packet):
        data = encode(packet, version)
        (back,) = decoded(data, version, direction)
        assert bare(back) == packet
        assert type(back) is type(packet)

    there_and_back()


@pytest.mark.parametrize(("version", "direction"), WAYS)
def test_every_packet_survives_a_second_decoding_of_its_own_octets(version, direction):
    # What was read off the fast path and off the slow one is the same.
    @given(st.lists(packets(version, direction), max_size=6))
    def twice(several):
        data = b"".join(encode(each, version) for each in several)
        assert [bare(each) for each in decoded(data * 2, version, direction)] == several * 2

    twice()


@given(st.data(), st.sampled_from(WAYS))
def test_every_packet_is_told_apart_as_json(data, way):
    packet = data.draw(packets(*way))
    text = msgspec.json.encode(packet)
    assert msgspec.json.decode(text, type=Packet) == packet


def test_every_kind_of_packet_is_drawn():
    seen: set[str] = set()
    for version, direction in WAYS:
        strategy = packets(version, direction)

        @given(strategy)
        def note(packet):
            seen.add(type(packet).__name__.upper())

        note()
    assert seen == {each.name for each in PacketType}


def test_every_property_has_its_field():
    assert {each.name for each in PROPERTIES.values()} == set(Properties.__struct_fields__)
    assert set(PROPERTIES) == set(paho_properties().names.values())


def paho_properties():
    return paho.mqtt.properties.Properties(paho.mqtt.packettypes.PacketTypes.CONNECT)
