from __future__ import annotations

import subprocess
import sys

import pytest

from internvl_cli.errors import UsageError
from internvl_cli.model.catalog import CATALOG, VIT_6B, VIT_300M, find, get

PUBLISHED = {  # parameters: vision encoder, projector, language model; totals as the announcement prints them
    "1B": (304_012_288, 4_482_816, 629_663_872, "0.94"),
    "2B": (304_012_288, 12_595_200, 1_889_146_880, "2.21"),
    "4B": (304_012_288, 22_034_432, 3_820_809_216, "4.15"),
    "8B": (304_012_288, 33_570_816, 7_737_782_272, "8.08"),
    "8B-MPO": (304_012_288, 33_570_816, 7_737_782_272, "8.08"),
    "26B": (5_536_496_000, 116_429_824, 19_861_260_288, "25.51"),
    "40B": (5_536_496_000, 143_170_560, 34_389_017_600, "40.07"),
    "76B": (5_536_496_000, 172_008_448, 70_553_853_952, "76.26"),
}


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry.size)
def test_parameters_follow_from_the_architecture(entry) -> None:
    vision, projector, llm, billions = PUBLISHED[entry.size]
    assert entry.vision.parameters == vision
    assert entry.projector_parameters == projector
    assert entry.llm.parameters == llm
    assert entry.parameters == vision + projector + llm
    assert f"{entry.parameters / 1e9:.2f}" == billions


def test_the_file_of_1b_is_as_long_as_computed() -> None:
    # model.safetensors of the release has 1,876,395,376 bytes: the tensors, and a header of some 77 kB.
    assert 0 < 1_876_395_376 - get("1B").download_bytes < 100_000


def test_published_sizes_are_in_gib() -> None:
    for entry in CATALOG:
        assert entry.download_bytes / 2**30 == pytest.approx(entry.published_gib, rel=0.07), entry.size


def test_small_models_see_through_300m_and_large_ones_through_6b() -> None:
    assert {entry.size: entry.vision for entry in CATALOG} == {
        **dict.fromkeys(("1B", "2B", "4B", "8B", "8B-MPO"), VIT_300M),
        **dict.fromkeys(("26B", "40B", "76B"), VIT_6B),
    }
    assert get("76B").llm.name == "NousResearch/Hermes-2-Theta-Llama-3-70B"
    assert get("76B").license != "MIT"


def test_the_figures_are_the_authors_own() -> None:
    # (MMMU, MMMU by VLMEvalKit, DocVQA, ChartQA); a blog says 61.2 and 87.2 for 26B's MMMU and ChartQA.
    marks = get("26B").benchmarks
    assert (marks.mmmu, marks.mmmu_vlmevalkit, marks.docvqa, marks.chartqa) == (48.3, 50.7, 92.9, 84.9)
    for entry in CATALOG:
        assert entry.benchmarks.source.startswith("https://internvl.github.io/blog/")


@pytest.mark.parametrize("name", ["2B", "2b", " 2B ", "InternVL2-2B", "internvl2-2b", "opengvlab/INTERNVL2-2b"])
def test_names(name: str) -> None:
    assert get(name).repo == "OpenGVLab/InternVL2-2B"


@pytest.mark.parametrize("name", ["76B", "Llama3-76B", "InternVL2-76B", "InternVL2-Llama3-76B"])
def test_names_of_76b(name: str) -> None:
    assert get(name).size == "76B"


def test_names_are_unambiguous_and_unknown_ones_get_a_guess() -> None:
    assert len({entry.size for entry in CATALOG}) == len({entry.repo for entry in CATALOG}) == len(CATALOG) == 8
    assert find("OpenGVLab/InternVL2_5-8B") is None
    with pytest.raises(UsageError) as caught:
        get("InternVL-2B")
    assert "did you mean 2B?" in caught.value.hint and "8B-MPO" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        get("gpt")
    assert "did you mean" not in caught.value.hint


def test_data_imports_nothing_heavy() -> None:
    code = (
        "import sys, internvl_cli.model.catalog, internvl_cli.model.hub, internvl_cli.memory.choose, "
        "internvl_cli.memory.probe as p; p.devices(); "
        "print(sorted({'torch', 'numpy', 'transformers', 'httpx', 'httpx2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
