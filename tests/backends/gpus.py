# Tests of backends/xgrad_backends
"""Two GPUs with streams, in NumPy's clothes: what runs elsewhere, or too early, is an error.

An array lies on a GPU and was made in a stream. A function of arrays must run on their GPU, and in
a stream that waits for what made them: by an event, or since it is the same stream. Streams are
ordered by vector clocks, so that no race depends on time.
"""

from __future__ import annotations

import inspect
from functools import partialmethod
from types import SimpleNamespace

import numpy as np

from .elements import ElementwiseKernel


class Stream:
    """A queue of work, as CuPy's; `clock` says how far into each queue it has waited."""

    count = 0

    def __init__(self, gpus, device):
        type(self).count += 1
        self.gpus, self.device, self.ptr, self.clock = gpus, device, type(self).count, {}

    def __eq__(self, other):
        return isinstance(other, Stream) and self.ptr == other.ptr

    def __hash__(self):
        return hash(self.ptr)

    def __enter__(self):
        self.gpus.stack.append(self)
        return self

    def __exit__(self, *error):
        self.gpus.stack.pop()

    def tick(self):
        """Do one piece of work."""
        self.clock[self.ptr] = self.clock.get(self.ptr, 0) + 1
        return self.ptr, self.clock[self.ptr]

    def record(self):
        """Return an event: how far everything is when this stream gets here."""
        assert self.gpus.device == self.device, "an event belongs to the GPU it is made on"
        self.tick()
        return dict(self.clock)

    def wait_event(self, event):
        """Go on behind an event."""
        for ptr, time in event.items():
            self.clock[ptr] = max(self.clock.get(ptr, 0), time)

    def waits_for(self, made):
        """Whether a piece of work is done when this stream gets here."""
        ptr, time = made
        return self.clock.get(ptr, 0) >= time


def _made_on(device, gpus, number=None):
    Device.__init__(device, gpus, number)


class Device:
    """A GPU, as CuPy's: entered, it is the current one."""

    def __init__(self, gpus, number=None):
        self.gpus, self.id = gpus, gpus.device if number is None else getattr(number, "id", number)

    def __eq__(self, other):
        return isinstance(other, Device) and self.id == other.id

    __hash__ = None

    def __repr__(self):
        return f"<GPU {self.id}>"

    def __enter__(self):
        self.gpus.devices.append(self.gpus.device)
        self.gpus.device = self.id
        return self

    def __exit__(self, *error):
        self.gpus.device = self.gpus.devices.pop()

    def synchronize(self):
        self.gpus.waits.append("synchronize")


class Gpus:
    """What stands for ``cupy``: NumPy's functions, of arrays that know where and when they began.

    Attributes:
        device: the current GPU.
        stack: the streams that were entered.
        ran: each function with the stream that it ran in.
        waits: what made the host wait for a GPU.
    """

    def __init__(self, count=2):
        self.device, self.stack, self.ran, self.waits = 0, [], [], []
        self.devices, self.wrong = [], []
        self.null = [Stream(self, d) for d in range(count)]
        self.ndarray = _array_class(self)
        runtime = SimpleNamespace(getDevice=lambda: self.device, getDeviceCount=lambda: count)
        self.cuda = SimpleNamespace(
            Device=type("Device", (Device,), {"__init__": partialmethod(_made_on, self)}),
            Stream=lambda: Stream(self, self.device),
            get_current_stream=self.current,
            runtime=runtime,
        )
        self.add = SimpleNamespace(at=self._add_at)
        self.random = SimpleNamespace(Generator=np.random.Generator, XORWOW=np.random.PCG64)
        self.ElementwiseKernel = self._kernel

    def __getattr__(self, name):
        return self.lifted(getattr(np, name))

    def lifted(self, found):
        """Return a function whose results lie here; what is no function as it is."""
        if not callable(found) or isinstance(found, type):
            return found
        return lambda *args, **kwargs: self.lift(found(*args, **kwargs))

    def asnumpy(self, x):
        """Return the values on the host, which waits."""
        return x.get() if isinstance(x, self.ndarray) else np.asarray(x)

    def namespace(self, module):
        """Return a module of functions whose results lie here."""
        return SimpleNamespace(
            **{
                name: self.lifted(getattr(module, name))
                for name in dir(module)
                if not name.startswith("_") and not inspect.ismodule(getattr(module, name))
            }
        )

    def current(self):
        """Return the stream that work is queued in."""
        entered = [s for s in self.stack if s.device == self.device]
        return entered[-1] if entered else self.null[self.device]

    def lift(self, x, made=None):
        """Return a result as an array that lies here and is made now."""
        if isinstance(x, (tuple, list)):
            parts = [self.lift(part) for part in x]
            return x._make(parts) if hasattr(x, "_make") else type(x)(parts)
        if isinstance(x, self.ndarray) and x.made is not None:
            return x
        if not isinstance(x, (np.ndarray, np.generic)):
            return x
        out = np.asarray(x).view(self.ndarray)
        out.device_id, out.made = self.device, self.current().tick()
        return out

    def check(self, name, arrays):
        """Raise unless a function of arrays may run here and now."""
        stream = self.current()
        for x in arrays:
            if isinstance(x, self.ndarray) and x.made is not None:
                if x.device_id != self.device:
                    self.fail(f"{name} of GPU {x.device_id} ran on another")
                elif not stream.waits_for(x.made):
                    self.fail(f"{name} ran before its operand was made")
        self.ran.append((name, stream))

    def fail(self, text):
        """Raise, and note it, since somebody may catch the error and go another way."""
        self.wrong.append(text)
        raise AssertionError(text)

    def _add_at(self, x, key, value):
        self.check("add.at", (x, key, value))
        np.add.at(x.view(np.ndarray), key, value.view(np.ndarray))
        x.made = self.current().tick()

    def _kernel(self, inputs, outputs, operation, name):
        if "raw" in inputs:
            return self._raw_kernel(ElementwiseKernel(inputs, outputs, operation, name))

        def kernel(*args):
            self.check(name, args)
            plain = [np.asarray(x).view(np.ndarray) for x in args]
            with np.errstate(all="ignore"):
                if name == "xgrad_choose":
                    return self.lift(np.where(*plain))
                a, b = plain
                return self.lift(np.where((a == 0) | (b == 0), np.zeros((), a.dtype), a * b))

        return kernel

    def _raw_kernel(self, kernel):
        def launch(*args, size):
            self.check(kernel.name, args)
            kernel(
                *[x.view(np.ndarray) if isinstance(x, np.ndarray) else x for x in args], size=size
            )
            for x in args[kernel.count :]:
                x.made = self.current().tick()

        return launch


def _walked(x):
    if isinstance(x, (tuple, list)):
        for part in x:
            yield from _walked(part)
    else:
        yield x


def _array_class(gpus):
    class ndarray(np.ndarray):  # noqa: N801 - it stands for cupy.ndarray
        made = None
        device_id = 0

        def __array_finalize__(self, other):
            self.device_id = getattr(other, "device_id", gpus.device)
            self.made = getattr(other, "made", None)

        @property
        def data(self):
            return SimpleNamespace(device_id=self.device_id)

        @property
        def device(self):
            return gpus.cuda.Device(self.device_id)

        def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
            gpus.check(ufunc.__name__, inputs)
            plain = [_plain(x) for x in inputs]
            if out is not None:
                kwargs["out"] = tuple(map(_plain, out))
            with np.errstate(all="ignore"):
                found = getattr(ufunc, method)(*plain, **kwargs)
            if out is not None:
                for x in out:
                    x.made = gpus.current().tick()
                return out[0]
            return gpus.lift(found)

        def __array_function__(self, function, types, args, kwargs):
            gpus.check(function.__name__, _walked((args, tuple(kwargs.values()))))

            def plain(x):
                if isinstance(x, (tuple, list)):
                    return type(x)(map(plain, x)) if not hasattr(x, "_make") else x
                return _plain(x)

            with np.errstate(all="ignore"):
                found = function(*plain(args), **{k: plain(v) for k, v in kwargs.items()})
            return gpus.lift(found)

        def __getitem__(self, key):
            gpus.check("getitem", _walked((self, key)))
            found = _plain(self)[_plain_key(key)]
            if not isinstance(found, np.ndarray) or found.base is None:
                return gpus.lift(np.asarray(found))
            found = found.view(ndarray)
            found.device_id, found.made = self.device_id, self.made
            return found

        def __setitem__(self, key, value):
            gpus.check("setitem", _walked((self, key, value)))
            _plain(self)[_plain_key(key)] = _plain(value)
            self.made = gpus.current().tick()

        def get(self):
            gpus.waits.append("get")
            return _plain(self)

        def item(self, *args):
            gpus.waits.append("item")
            return super().item(*args)

        def __bool__(self):
            gpus.waits.append("bool")
            return bool(_plain(self))

        def __float__(self):
            gpus.waits.append("float")
            return float(_plain(self))

        def __int__(self):
            gpus.waits.append("int")
            return int(_plain(self))

        __index__ = None

        def tolist(self):
            gpus.waits.append("tolist")
            return super().tolist()

    return ndarray


def _plain(x):
    return x.view(np.ndarray) if isinstance(x, np.ndarray) else x


def _plain_key(key):
    return tuple(map(_plain, key)) if isinstance(key, tuple) else _plain(key)
