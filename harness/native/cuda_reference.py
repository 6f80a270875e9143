#!/usr/bin/env python3
"""What an NVIDIA GPU does without a browser: copies and library matmuls, as JSON on standard output.

Standard library only. Memory, streams and events come from the driver's own library (libcuda, there wherever nvidia-smi is); matmuls
from cuBLAS, wherever it is found: the system's, a CUDA toolkit's, or the one that a Python package brought. Without cuBLAS the copies
are measured and the notes say what is missing.

Method: random data; warm-up first; each sample between two CUDA events; every sample is printed. A copy is verified by reading all of
it back, a matmul by comparing elements with a sum of exact products against the bound of its arithmetic.

Exit codes: 0 measured; 1 the GPU gave an error or a wrong result; 2 wrong arguments; 3 nothing can be measured here, with one sentence on standard error.
"""

import argparse
import array
import ctypes
import glob
import json
import math
import os
import random
import struct
import sys

MIB = 1 << 20
GIB = 1 << 30


class Unavailable(Exception):
    """Something this script needs is not on this machine; the message says what, and what to do."""


# --- The driver: https://docs.nvidia.com/cuda/cuda-driver-api ---------------------------------------------------------------------

CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE = 38
CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75
CU_STREAM_NON_BLOCKING = 1
CU_EVENT_DEFAULT = 0

Handle = ctypes.c_void_p  # CUcontext, CUstream, CUevent
DevicePointer = ctypes.c_uint64  # CUdeviceptr
Size = ctypes.c_size_t

# Result is CUresult, an int, for each. `_v2`: the names that cuda.h maps the plain ones to.
DRIVER = {
    "cuInit": [ctypes.c_uint],
    "cuDriverGetVersion": [ctypes.POINTER(ctypes.c_int)],
    "cuDeviceGet": [ctypes.POINTER(ctypes.c_int), ctypes.c_int],
    "cuDeviceGetCount": [ctypes.POINTER(ctypes.c_int)],
    "cuDeviceGetName": [ctypes.c_char_p, ctypes.c_int, ctypes.c_int],
    "cuDeviceGetAttribute": [ctypes.POINTER(ctypes.c_int), ctypes.c_int, ctypes.c_int],
    "cuDevicePrimaryCtxRetain": [ctypes.POINTER(Handle), ctypes.c_int],
    "cuCtxSetCurrent": [Handle],
    "cuMemGetInfo_v2": [ctypes.POINTER(Size), ctypes.POINTER(Size)],
    "cuMemAlloc_v2": [ctypes.POINTER(DevicePointer), Size],
    "cuMemFree_v2": [DevicePointer],
    "cuMemAllocHost_v2": [ctypes.POINTER(ctypes.c_void_p), Size],
    "cuMemFreeHost": [ctypes.c_void_p],
    "cuMemsetD8_v2": [DevicePointer, ctypes.c_ubyte, Size],
    "cuMemcpyHtoD_v2": [DevicePointer, ctypes.c_void_p, Size],
    "cuMemcpyDtoH_v2": [ctypes.c_void_p, DevicePointer, Size],
    "cuMemcpyDtoD_v2": [DevicePointer, DevicePointer, Size],
    "cuMemcpyHtoDAsync_v2": [DevicePointer, ctypes.c_void_p, Size, Handle],
    "cuMemcpyDtoDAsync_v2": [DevicePointer, DevicePointer, Size, Handle],
    "cuStreamCreate": [ctypes.POINTER(Handle), ctypes.c_uint],
    "cuStreamSynchronize": [Handle],
    "cuCtxSynchronize": [],
    "cuEventCreate": [ctypes.POINTER(Handle), ctypes.c_uint],
    "cuEventRecord": [Handle, Handle],
    "cuEventSynchronize": [Handle],
    "cuEventElapsedTime": [ctypes.POINTER(ctypes.c_float), Handle, Handle],
    "cuGetErrorString": [ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)],
}


class Driver:
    """One GPU through libcuda: the first that CUDA_VISIBLE_DEVICES leaves, in its primary context, which cuBLAS uses too."""

    def __init__(self):
        try:
            self.library = ctypes.CDLL("libcuda.so.1")
        except OSError as error:
            raise Unavailable(f"the CUDA driver's library was not found ({error}); in a container it comes with the `compute` driver capability")
        for name, arguments in DRIVER.items():
            function = getattr(self.library, name)
            function.argtypes = arguments
            function.restype = ctypes.c_int
        self("cuInit", 0)
        devices = ctypes.c_int()
        self("cuDeviceGetCount", ctypes.byref(devices))
        if devices.value == 0:
            raise Unavailable("CUDA sees no GPU: check CUDA_VISIBLE_DEVICES")
        device = ctypes.c_int()
        self("cuDeviceGet", ctypes.byref(device), 0)
        self.device = device.value
        context = Handle()
        self("cuDevicePrimaryCtxRetain", ctypes.byref(context), self.device)
        self("cuCtxSetCurrent", context)
        self.stream = Handle()
        self("cuStreamCreate", ctypes.byref(self.stream), CU_STREAM_NON_BLOCKING)
        self.events = [Handle(), Handle()]
        for event in self.events:
            self("cuEventCreate", ctypes.byref(event), CU_EVENT_DEFAULT)

    def __call__(self, name, *arguments):
        result = getattr(self.library, name)(*arguments)
        if result == 0:
            return
        text = ctypes.c_char_p()
        self.library.cuGetErrorString(result, ctypes.byref(text))
        because = text.value.decode() if text.value else "an error without a text"
        message = f"{name} failed: {because} ({result})"
        raise Unavailable(message) if name == "cuInit" else RuntimeError(message)

    def name(self):
        text = ctypes.create_string_buffer(256)
        self("cuDeviceGetName", text, len(text), self.device)
        return text.value.decode()

    def version(self):
        version = ctypes.c_int()
        self("cuDriverGetVersion", ctypes.byref(version))
        return f"{version.value // 1000}.{version.value % 1000 // 10}"

    def attribute(self, which):
        value = ctypes.c_int()
        self("cuDeviceGetAttribute", ctypes.byref(value), which, self.device)
        return value.value

    def free_bytes(self):
        free, total = Size(), Size()
        self("cuMemGetInfo_v2", ctypes.byref(free), ctypes.byref(total))
        return free.value

    def allocate(self, size):
        pointer = DevicePointer()
        self("cuMemAlloc_v2", ctypes.byref(pointer), size)
        return pointer.value

    def release(self, pointer):
        self("cuMemFree_v2", pointer)

    def allocate_pinned(self, size):
        pointer = ctypes.c_void_p()
        self("cuMemAllocHost_v2", ctypes.byref(pointer), size)
        return pointer.value

    def release_pinned(self, pointer):
        self("cuMemFreeHost", pointer)

    def seconds(self, enqueue):
        """Time on the GPU of what `enqueue` puts on the stream."""
        start, end = self.events
        self("cuEventRecord", start, self.stream)
        enqueue()
        self("cuEventRecord", end, self.stream)
        self("cuEventSynchronize", end)
        milliseconds = ctypes.c_float()
        self("cuEventElapsedTime", ctypes.byref(milliseconds), start, end)
        return milliseconds.value / 1000

    def warm_up(self, enqueue, at_least_s):
        """Repeats until the GPU has worked for a while, so that its clocks are up. Returns the last time."""
        worked = last = self.seconds(enqueue)
        runs = 1
        while (worked < at_least_s or runs < 3) and runs < 10_000:
            last = self.seconds(enqueue)
            worked += last
            runs += 1
        return last


# --- Copies -----------------------------------------------------------------------------------------------------------------------

READ_BACK = 64 * MIB


def fill_random(pointer, size):
    """Random bytes: a block of them again and again, its length odd, so that no two chunks are the same."""
    block = os.urandom(min(size, 16 * MIB - 1))
    for start in range(0, size, len(block)):
        ctypes.memmove(pointer + start, block, min(len(block), size - start))


def is_same(driver, device_pointer, expected, size):
    """Reads the bytes back and compares all of them."""
    length = min(READ_BACK, size)
    back = driver.allocate_pinned(length)
    try:
        for start in range(0, size, length):
            part = min(length, size - start)
            driver("cuMemcpyDtoH_v2", back, device_pointer + start, part)
            if ctypes.string_at(back, part) != ctypes.string_at(expected + start, part):
                return False
        return True
    finally:
        driver.release_pinned(back)


def chunks(size, chunk):
    return [(start, min(chunk, size - start)) for start in range(0, size, chunk)]


def copies(driver, size, chunk_sizes, samples, warm_up_s, log):
    """Pinned host to device by chunk size, then device to device. Raises where a byte came out different."""
    host = driver.allocate_pinned(size)
    first = driver.allocate(size)
    second = driver.allocate(size)
    try:
        fill_random(host, size)
        up = []
        for chunk in chunk_sizes:
            log(f"pinned host to device, {size // MIB} MiB in chunks of {chunk / MIB:g} MiB")
            parts = chunks(size, chunk)

            def enqueue(parts=parts):
                for start, length in parts:
                    driver("cuMemcpyHtoDAsync_v2", first + start, host + start, length, driver.stream)

            driver("cuMemsetD8_v2", first, 0, size)
            driver("cuCtxSynchronize")
            driver.warm_up(enqueue, warm_up_s)
            times = [driver.seconds(enqueue) for _ in range(samples)]
            if not is_same(driver, first, host, size):
                raise RuntimeError(f"a copy from host to device in chunks of {chunk} bytes arrived changed")
            up.append({"bytes": size, "chunk_bytes": chunk, "samples_s": times, "verified": True})

        log(f"device to device, {size // MIB} MiB")

        def enqueue_across():
            driver("cuMemcpyDtoDAsync_v2", second, first, size, driver.stream)

        driver("cuMemsetD8_v2", second, 0, size)
        driver("cuCtxSynchronize")
        driver.warm_up(enqueue_across, warm_up_s)
        times = [driver.seconds(enqueue_across) for _ in range(samples)]
        if not is_same(driver, second, host, size):
            raise RuntimeError("a copy from device to device arrived changed")
        return up, [{"bytes": size, "chunk_bytes": size, "samples_s": times, "verified": True}]
    finally:
        driver.release(second)
        driver.release(first)
        driver.release_pinned(host)


# --- cuBLAS: https://docs.nvidia.com/cuda/cublas ----------------------------------------------------------------------------------

CUBLAS_OP_N, CUBLAS_OP_T = 0, 1
CUBLAS_GEMM_DEFAULT = -1
CUBLAS_COMPUTE_32F = 68
CUBLAS_COMPUTE_32F_FAST_TF32 = 77
CUDA_R_32F, CUDA_R_16F, CUDA_R_16BF = 0, 2, 14
CUBLAS_WORKSPACE_BYTES = 32 * MIB

# dtype: bytes an element, cudaDataType_t, cublasComputeType_t, unit roundoff of the inputs as multiplied, and of the result as stored
DTYPES = {
    "f32": (4, CUDA_R_32F, CUBLAS_COMPUTE_32F, 0.0, 2.0**-24),
    "tf32": (4, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32, 2.0**-10, 2.0**-24),
    "f16": (2, CUDA_R_16F, CUBLAS_COMPUTE_32F, 0.0, 2.0**-11),
    "bf16": (2, CUDA_R_16BF, CUBLAS_COMPUTE_32F, 0.0, 2.0**-8),
}

CUBLAS = {
    "cublasCreate_v2": [ctypes.POINTER(Handle)],
    "cublasSetStream_v2": [Handle, Handle],
    "cublasGetVersion_v2": [Handle, ctypes.POINTER(ctypes.c_int)],
    "cublasSetWorkspace_v2": [Handle, DevicePointer, Size],
    "cublasGemmEx": [
        Handle,
        ctypes.c_int,  # transa
        ctypes.c_int,  # transb
        ctypes.c_int,  # m
        ctypes.c_int,  # n
        ctypes.c_int,  # k
        ctypes.c_void_p,  # alpha, on the host
        DevicePointer,  # A
        ctypes.c_int,  # Atype
        ctypes.c_int,  # lda
        DevicePointer,  # B
        ctypes.c_int,  # Btype
        ctypes.c_int,  # ldb
        ctypes.c_void_p,  # beta
        DevicePointer,  # C
        ctypes.c_int,  # Ctype
        ctypes.c_int,  # ldc
        ctypes.c_int,  # computeType
        ctypes.c_int,  # algo
    ],
}


def cublas_candidates():
    """Paths and names to try, the system's first. A package's library finds its own companions beside it."""
    names = ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so"]
    folders = [
        *(os.path.join(root, lib) for root in filter(None, [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH")]) for lib in ("lib64", "lib")),
        *sorted(glob.glob("/usr/local/cuda*/lib64"), reverse=True),
        *filter(None, [os.path.join(sys.prefix, "lib")]),
    ]
    for path in sys.path:
        folders += sorted(glob.glob(os.path.join(path, "nvidia", "*", "lib")), reverse=True)
        folders.append(os.path.join(path, "torch", "lib"))
    return names + [found for folder in folders for found in sorted(glob.glob(os.path.join(folder, "libcublas.so*")), reverse=True)]


def load_cublas():
    """The first that loads."""
    refused = []
    for candidate in cublas_candidates():
        try:
            if os.path.sep in candidate:
                # cuBLAS needs cuBLASLt from the same folder, which its own search path does not always name.
                for companion in sorted(glob.glob(os.path.join(os.path.dirname(candidate), "libcublasLt.so*"))):
                    ctypes.CDLL(companion, mode=ctypes.RTLD_GLOBAL)
            return ctypes.CDLL(candidate)
        except OSError as error:
            if os.path.sep in candidate:
                refused.append(str(error))
    because = f" ({refused[0]})" if refused else ""
    raise Unavailable(f"cuBLAS was not found{because}: install the CUDA toolkit's libcublas, or nvidia-cublas by pip")


class Cublas:
    def __init__(self, library, driver):
        self.library = library
        self.driver = driver
        for name, arguments in CUBLAS.items():
            function = getattr(library, name)
            function.argtypes = arguments
            function.restype = ctypes.c_int
        self.handle = Handle()
        status = library.cublasCreate_v2(ctypes.byref(self.handle))
        if status != 0:
            raise Unavailable(f"cuBLAS did not start (status {status}): its version may not fit the driver's CUDA {driver.version()}")
        self("cublasSetStream_v2", self.handle, driver.stream)
        # Its own workspace once, so that no call allocates.
        self.workspace = driver.allocate(CUBLAS_WORKSPACE_BYTES)
        self("cublasSetWorkspace_v2", self.handle, self.workspace, CUBLAS_WORKSPACE_BYTES)
        self.one = ctypes.c_float(1.0)
        self.zero = ctypes.c_float(0.0)

    def __call__(self, name, *arguments):
        status = getattr(self.library, name)(*arguments)
        if status != 0:
            raise RuntimeError(f"{name} failed with status {status}")

    def version(self):
        version = ctypes.c_int()
        self("cublasGetVersion_v2", self.handle, ctypes.byref(version))
        value = version.value
        return f"{value // 10000}.{value % 10000 // 100}.{value % 100}"

    def gemm(self, dtype, m, n, k, a, w, c):
        """C (m×n) = A (m×k) · Wᵀ, with W (n×k) as a linear layer keeps it; all row-major, accumulated in f32.

        cuBLAS is column-major, to which these are Cᵀ (n×m) = (Wᵀ)ᵀ · Aᵀ: the call that every framework makes.
        """
        _, data_type, compute_type, _, _ = DTYPES[dtype]
        self(
            "cublasGemmEx", self.handle, CUBLAS_OP_T, CUBLAS_OP_N, n, m, k,
            ctypes.addressof(self.one), w, data_type, k, a, data_type, k,
            ctypes.addressof(self.zero), c, data_type, n, compute_type, CUBLAS_GEMM_DEFAULT,
        )  # fmt: skip


# --- Matmuls ----------------------------------------------------------------------------------------------------------------------

PERIOD = 1_048_573  # prime, so that rows and columns do not repeat with it


def random_values(seed):
    """Values in (-1, 1), all exact in bf16 and f16 once rounded by `encode`."""
    stream = random.Random(seed)
    return [stream.uniform(-1, 1) for _ in range(PERIOD)]


def encode(values, dtype):
    """The values as the GPU reads them, and as they then are."""
    if dtype == "f16":
        encoded = struct.pack(f"<{len(values)}e", *values)
        return encoded, struct.unpack(f"<{len(values)}e", encoded)
    single = array.array("f", values)
    if dtype == "bf16":
        bits = array.array("I", single.tobytes())
        upper = array.array("H", (bit >> 16 for bit in bits))
        return upper.tobytes(), array.array("f", array.array("I", (half << 16 for half in upper)).tobytes())
    return single.tobytes(), single


def decode(data, dtype):
    """One element of a result."""
    if dtype == "f16":
        return struct.unpack("<e", data)[0]
    if dtype == "bf16":
        return struct.unpack("<f", b"\0\0" + data)[0]
    return struct.unpack("<f", data)[0]


def fill_device(driver, pointer, size, block, block_pointer):
    """Copies the block over the buffer again and again."""
    for start in range(0, size, len(block)):
        driver("cuMemcpyDtoD_v2", pointer + start, block_pointer, min(len(block), size - start))


def element_error(dtype, k, row, column, exact, got):
    """Error of one element of C, as a share of what rounding allows (1: the whole of it)."""
    _, _, _, input_error, result_error = DTYPES[dtype]
    products = [exact[(row * k + p) % PERIOD] * exact[(column * k + p) % PERIOD] for p in range(k)]
    expected = math.fsum(products)
    magnitude = math.fsum(map(abs, products))
    allowed = (2 * input_error + k * 2.0**-24) * magnitude + result_error * abs(expected) + 1e-6
    return abs(got - expected) / allowed


def matmul(driver, cublas, dtype, shape, values, samples, warm_up_s, sample_s, cache_bytes, log):
    """One shape: verified at a few elements, then timed. A (m×k) is the activations, W (n×k) the weights."""
    m, n, k = shape
    size = DTYPES[dtype][0]
    encoded, exact = values[size, dtype == "bf16"]
    weight_bytes = size * n * k
    weight_copies = 1 if weight_bytes >= 4 * cache_bytes else math.ceil(4 * cache_bytes / weight_bytes)
    needed = size * m * k + weight_copies * weight_bytes + size * m * n + len(encoded)
    if needed > 0.9 * driver.free_bytes():
        raise MemoryError(f"{dtype} {m}×{n}×{k} needs {needed / GIB:.1f} GiB of GPU memory, {driver.free_bytes() / GIB:.1f} are free")
    log(f"matmul {dtype} m={m} n={n} k={k}, {weight_copies} copies of the weights")
    pointers = []
    try:
        def buffer(length):
            pointers.append(driver.allocate(length))
            return pointers[-1]

        block = buffer(len(encoded))
        driver("cuMemcpyHtoD_v2", block, encoded, len(encoded))
        a = buffer(size * m * k)
        fill_device(driver, a, size * m * k, encoded, block)
        weights = [buffer(weight_bytes) for _ in range(weight_copies)]
        for weight in weights:
            fill_device(driver, weight, weight_bytes, encoded, block)
        c = buffer(size * m * n)
        driver("cuMemsetD8_v2", c, 0, size * m * n)
        driver("cuCtxSynchronize")

        cublas.gemm(dtype, m, n, k, a, weights[0], c)
        driver("cuStreamSynchronize", driver.stream)
        stream = random.Random(7)
        worst = 0.0
        for row, column in [(0, 0), (m - 1, n - 1)] + [(stream.randrange(m), stream.randrange(n)) for _ in range(6)]:
            back = ctypes.create_string_buffer(size)
            driver("cuMemcpyDtoH_v2", back, c + size * (row * n + column), size)
            worst = max(worst, element_error(dtype, k, row, column, exact, decode(back.raw, dtype)))
        if not worst <= 1:
            raise RuntimeError(f"cuBLAS {dtype} {m}×{n}×{k} is wrong: an element is off by {worst:.2g} times what rounding allows")

        turn = 0

        def run():
            nonlocal turn
            cublas.gemm(dtype, m, n, k, a, weights[turn % weight_copies], c)
            turn += 1

        once = max(driver.warm_up(run, warm_up_s), 1e-6)
        runs = max(1, math.ceil(sample_s / once))

        def enqueue():
            for _ in range(runs):
                run()

        driver.seconds(enqueue)
        return {
            "dtype": dtype,
            "m": m,
            "n": n,
            "k": k,
            "samples_s": [driver.seconds(enqueue) / runs for _ in range(samples)],
            "runs_per_sample": runs,
            "weight_copies": weight_copies,
            "worst_share_of_bound": worst,
        }
    finally:
        for pointer in pointers:
            driver.release(pointer)


# --- The whole --------------------------------------------------------------------------------------------------------------------

LARGE = 8192
TOKENS = (1, 8, 32, 512)  # of decode, and of a prompt: what a bench of WebGPU measures as well
LAYERS = ("28672x4096", "4096x14336")  # n and k of an 8-billion-parameter model's feed-forward layers


def shapes(options):
    large = options.large
    return [(large, large, large)] + [(m, n, k) for n, k in options.layers for m in TOKENS]


def measure(options, log):
    driver = Driver()
    notes = []
    size = min(options.mebibytes * MIB, driver.free_bytes() // 4 // MIB * MIB)
    if size < options.mebibytes * MIB:
        notes.append(f"copies are of {size // MIB} MiB: no more fitted twice into the free GPU memory")
    chunk_sizes = sorted({min(chunk * MIB, size) for chunk in options.chunks})
    up, across = copies(driver, size, chunk_sizes, options.samples, options.warm_up, log)
    matmuls = []
    version = None
    try:
        cublas = Cublas(load_cublas(), driver)
    except Unavailable as error:
        notes.append(f"no matmul was measured: {error}")
    else:
        version = f"cuBLAS {cublas.version()}"
        cache = max(driver.attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE), MIB)
        plain = random_values(1)
        # By bytes an element and whether it is bf16: what the GPU reads, and its exact values.
        values = {(4, False): encode(plain, "f32"), (2, False): encode(plain, "f16"), (2, True): encode(plain, "bf16")}
        is_older = driver.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) < 8
        for dtype in DTYPES:
            if is_older and dtype in ("tf32", "bf16"):
                notes.append(f"{dtype} needs compute capability 8.0 or later")
                continue
            for shape in shapes(options):
                try:
                    matmuls.append(
                        matmul(driver, cublas, dtype, shape, values, options.samples, options.warm_up, options.sample, cache, log)
                    )
                except (MemoryError, RuntimeError) as error:
                    notes.append(str(error))
    return {
        "tool": "cuda",
        "device": driver.name(),
        "driver": driver.version(),
        "library": version,
        "host_to_device": up,
        "device_to_device": across,
        "matmuls": matmuls,
        "notes": notes,
    }


def positive(kind):
    def parse(text):
        value = kind(text)
        if not value > 0:
            raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
        return value

    return parse


def layer(text):
    n, found, k = text.partition("x")
    if not (found and n.isdigit() and k.isdigit() and int(n) > 0 and int(k) > 0):
        raise argparse.ArgumentTypeError(f"expected n and k as in 28672x4096, got {text}")
    return int(n), int(k)


def arguments(line):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], allow_abbrev=False)
    parser.add_argument("--mebibytes", type=positive(int), default=1024, help="bytes of a copy, in MiB (default: %(default)s)")
    parser.add_argument(
        "--chunks", type=positive(int), nargs="+", default=[1, 16, 64, 1024], metavar="MIB", help="chunk sizes of a copy (default: 1 16 64 1024)"
    )
    parser.add_argument("--large", type=positive(int), default=LARGE, help="m, n and k of the large matmul (default: %(default)s)")
    parser.add_argument(
        "--layers", type=layer, nargs="+", default=[layer(text) for text in LAYERS], metavar="NxK", help="weights of the matmuls of few tokens"
    )
    parser.add_argument("--samples", type=positive(int), default=9, help="samples of each measurement (default: %(default)s)")
    parser.add_argument("--sample", type=positive(float), default=0.02, metavar="S", help="least seconds of a matmul's sample (default: %(default)s)")
    parser.add_argument("--warm-up", type=positive(float), default=0.3, metavar="S", help="seconds of GPU work before each (default: %(default)s)")
    return parser.parse_args(line)


def main(line):
    options = arguments(line)
    try:
        result = measure(options, lambda text: print(text, file=sys.stderr, flush=True))
    except Unavailable as error:
        print(f"cuda_reference: {error}", file=sys.stderr)
        return 3
    except RuntimeError as error:
        print(f"cuda_reference: {error}", file=sys.stderr)
        return 1
    json.dump(result, sys.stdout, allow_nan=False)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
