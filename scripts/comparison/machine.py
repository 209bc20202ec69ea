"""What the numbers were measured on."""

import os
import pathlib
import platform
import re

SIMD = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "asimddp", "i8mm", "sve")


def cpu():
    try:
        info = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf8")
    except OSError:
        return platform.processor() or platform.machine(), "unknown"
    field = lambda name: (re.search(rf"^{name}\s*:\s*(.*)$", info, re.M) or ["", ""])[1]
    flags = (field("flags") or field("Features")).split()
    model = field("model name") or platform.machine()
    numbers = [f"{k} {field(name)}" for k, name in (("family", "cpu family"), ("model", "model")) if field(name)]
    simd = ", ".join(f for f in SIMD if f in flags) or "none of note"
    return model + (f" ({', '.join(numbers)})" if numbers else ""), simd


def describe(cores):
    """[(what, value)]; nothing that names the one machine."""
    model, simd = cpu()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.platform(terse=True)
    kernel = re.match(r"[\d.]*\d", platform.release())
    return [
        ("CPU", model),
        ("SIMD flags", simd),
        ("Cores", f"{cores} used of {os.cpu_count()}"),
        ("Memory", f"{memory:.0f} GiB"),
        ("OS", f"{system}, {platform.system()} {kernel[0] if kernel else ''}, {platform.machine()}"),
    ]
