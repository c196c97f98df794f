"""What is read from a GGUF file, and how each kind of damage is told."""

import io
import os
import struct
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import gguf as reader
from aurarouter_core.gguf_bytes import MOST_HEADER
from aurarouter_hooks import AssetError, GgufHeader
from gguf_files import BOOL, F32, I32, SMALL, U8, U64, gguf, text


def header(raw: bytes) -> GgufHeader:
    return reader.parse(io.BytesIO(raw), len(raw), "small.gguf")[0]


def refused(raw: bytes) -> str:
    with pytest.raises(AssetError) as caught:
        header(raw)
    assert caught.value.hint
    assert str(caught.value).startswith("small.gguf is no usable GGUF file: ")
    assert "(at byte " in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [2, 3])
def test_a_small_file_in_either_order_and_version(order: str, version: int) -> None:
    tensors = [("a", (64, 4), 0), ("b", (32,), 2)]
    raw = gguf(tensors=tensors, order=order, version=version)
    assert header(raw) == GgufHeader(
        version=version,
        byte_order="little" if order == "<" else "big",
        architecture="llama",
        name="Small",
        quantisation="Q4_K_M",
        parameters=64 * 4 + 32,
        context_length=2048,
        blocks=2,
        embedding_length=64,
        heads=4,
        kv_heads=4,
        key_length=16,
        value_length=16,
        vocabulary=3,
        chat_template="{{ messages }}",
        tensor_bytes=64 * 4 * 4 + 18,
        file_bytes=len(raw),
    )


def test_heads_may_differ_from_block_to_block() -> None:
    more = {
        "llama.attention.head_count": [2, 4],
        "llama.attention.head_count_kv": [1, 4],
        "llama.attention.key_length": 8,
    }
    found = header(gguf({**SMALL, **more}))
    assert (found.heads, found.kv_heads, found.key_length, found.value_length) == (4, 5, 8, 16)


def test_what_a_file_does_not_say_is_unknown() -> None:
    found = header(gguf({"general.architecture": "mamba"}, [("a", (256, 2), 14), ("n", (8,), 0)]))
    assert (found.context_length, found.kv_heads, found.vocabulary, found.pooling) == (None, None, None, "")
    assert found.quantisation == "Q6_K"  # of most of its numbers
    assert header(gguf({"general.architecture": "empty"}, [])).quantisation == ""


@pytest.mark.parametrize(("number", "word"), [(0, ""), (1, "mean"), (2, "cls"), (3, "last"), (4, "rank"), (9, "")])
def test_models_for_embeddings_say_how_they_pool(number: int, word: str) -> None:
    assert header(gguf({"general.architecture": "bert", "bert.pooling_type": number})).pooling == word


def test_numbers_of_any_whole_type_are_read_and_others_refused() -> None:
    assert header(gguf({**SMALL, "llama.context_length": (U64, 2**40)})).context_length == 2**40
    assert header(gguf({**SMALL, "llama.context_length": (U8, 7)})).context_length == 7
    for wrong in ((F32, 1.5), (BOOL, 1), (I32, -1), "many"):
        assert "llama.context_length is no whole number" in refused(gguf({**SMALL, "llama.context_length": wrong}))
    assert "general.name is no text" in refused(gguf({**SMALL, "general.name": 5}))


def test_a_type_of_tensor_that_is_newer_than_this_program_takes_what_the_file_has() -> None:
    found = header(gguf(tensors=[("a", (64,), 99), ("b", (64,), 0)], data=4096))
    assert (found.parameters, found.tensor_bytes) == (128, 4096)


LONG = struct.pack("<Q", 2**63)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "it ends in the middle of its first bytes"),
        (b"GGUF", "it ends in the middle of the version"),
        (b"This is a text.", "does not begin with 'GGUF'"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS pointer"),
        (b"tjgg" + bytes(40), "the format before GGUF"),
        (gguf(version=1), "version 1 of the format; 2 and 3"),
        (gguf(version=4), "version 4 of the format"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**64 - 1, 1), "it lists 18446744073709551615 tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 65_537), "65537 metadata entries; the most are 65536"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + LONG, "holds a text of 9223372036854775808 bytes"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<I", 13), "has the type 13"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 9, 1), "is a list of the type 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 4, 2**62), "ends in the middle"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 8, 2**62), "lists more than"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2) + (text("k") + struct.pack("<II", 4, 1)) * 2, "'k' stands in it twice"),
        (gguf({}), "its metadata names no architecture"),
        (gguf({"general.architecture": "\x1b[31mllama"}), "its metadata names no architecture"),
        (gguf({**SMALL, "general.alignment": 24}), "its alignment is 24, which is no power of two"),
        (gguf({**SMALL, "general.alignment": 0}), "its alignment is 0"),
        (gguf(tensors=[("a", (64,), 0), ("a", (64,), 0)]), "two tensors are called 'a'"),
        (gguf(tensors=[("a", (64,), 0)], offsets={"a": 7}), "'a' does not begin at a multiple of 32"),
        (gguf(tensors=[("a", (33,), 2)]), "the rows of tensor 'a' are no whole blocks of Q4_0"),
        (gguf(tensors=[("a", (1,) * 5, 0)]), "tensor 1 of 1 has 5 dimensions"),
        (gguf(tensors=[("a", (2**40, 2**40), 0)], data=64), "and the file at"),
        (gguf(tensors=[("a", (64,), 0), ("b", (64,), 0)], offsets={"b": 0}, data=256), "tensors lie over each other"),
        (gguf()[:-1], "it was cut off"),
        (gguf({**SMALL, "llama.attention.head_count_kv": ["a"]}), "does not hold a whole number for each block"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(raw: bytes, words: str) -> None:
    assert words in refused(raw)


def test_a_file_that_is_cut_anywhere_is_refused() -> None:
    raw = gguf(tensors=[("a", (64,), 0), ("b", (64,), 0)])
    for length in range(len(raw)):
        refused(raw[:length])
    header(raw)


class Vast(io.BytesIO):
    """A file that seems to have no end, and counts what is read of it."""

    def __init__(self, begin: bytes) -> None:
        super().__init__(begin)
        self.given = 0

    def read(self, count: int | None = -1, /) -> bytes:
        found = super().read(count)
        assert count is not None
        self.given += count
        return found + bytes(count - len(found))


@pytest.mark.parametrize("kind", [(8, 65_536), (0, 2**40)])
def test_no_more_than_a_header_is_read_however_large_the_file(kind: tuple[int, int]) -> None:
    entry = text("list") + struct.pack("<IIQ", 9, *kind)
    source = Vast(b"GGUF" + struct.pack("<IQQ", 3, 0, 65_536) + entry)
    with pytest.raises(AssetError, match=r"is no usable GGUF file"):
        reader.parse(source, 2**50, "vast.gguf")
    assert source.given <= MOST_HEADER


def test_a_model_in_parts_is_read_whole(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    for number in (1, 2):
        raw = gguf({**SMALL, "split.count": 2, "split.no": number - 1}, [(f"t{number}", (64,), 0)])
        (folder / f"m-{number:05}-of-00002.gguf").write_bytes(raw)
    first = folder / "m-00001-of-00002.gguf"
    found = reader.read(first)
    assert (found.parameters, found.tensor_bytes) == (128, 512)
    assert found.file_bytes == sum(file.stat().st_size for file in folder.iterdir())
    renamed = first.rename(folder / "m.gguf")
    with pytest.raises(AssetError, match="holds one of 2 parts"):
        reader.read(renamed)
    renamed.rename(first)
    (folder / "m-00002-of-00002.gguf").unlink()
    with pytest.raises(AssetError, match=r"m-00002-of-00002\.gguf can't be read"):
        reader.read(first)


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    for path in (tmp_path, tmp_path / "pipe.gguf", tmp_path / "none.gguf"):
        with pytest.raises(AssetError, match="can't be read"):
            reader.read(path)


@pytest.mark.model
def test_the_embedded_model_is_what_llama_cpp_says(model_file: Path) -> None:
    import llama_cpp.llama_cpp as library

    found = reader.read(model_file)
    c: Any = library
    params = c.llama_model_default_params()
    params.vocab_only = False
    params.use_extra_bufts = False
    model = c.llama_model_load_from_file(os.fsencode(model_file), params)
    try:
        assert found.parameters == c.llama_model_n_params(model) == 134_515_008
        assert found.tensor_bytes == c.llama_model_size(model)
        assert found.context_length == c.llama_model_n_ctx_train(model) == 8192
        assert (found.blocks, found.heads) == (c.llama_model_n_layer(model), c.llama_model_n_head(model))
        assert found.kv_heads == found.blocks * c.llama_model_n_head_kv(model)
        assert found.embedding_length == c.llama_model_n_embd(model)
        assert found.vocabulary == c.llama_vocab_n_tokens(c.llama_model_get_vocab(model))
        assert found.chat_template.encode() == c.llama_model_chat_template(model, None)
    finally:
        c.llama_model_free(model)
    assert (found.architecture, found.quantisation, found.file_bytes) == ("llama", "Q4_1", 98_362_432)


def test_the_sizes_of_tensor_types_are_those_of_llama_cpp() -> None:
    import ctypes

    from llama_cpp import _ggml

    from aurarouter_core.gguf_types import TENSORS

    library = _ggml.libggml_base if hasattr(_ggml, "libggml_base") else _ggml.libggml
    library.ggml_type_name.restype = ctypes.c_char_p
    library.ggml_blck_size.restype = ctypes.c_int64
    library.ggml_type_size.restype = ctypes.c_size_t
    for kind, (name, block, size) in TENSORS.items():
        told = (library.ggml_type_name(kind) or b"").decode().upper()
        if told:  # newer than this library
            assert (told.removesuffix("_").replace("Q8_K", "Q8_K"), library.ggml_blck_size(kind)) == (name, block)
            assert library.ggml_type_size(kind) == size
