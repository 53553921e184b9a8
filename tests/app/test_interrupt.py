"""Ctrl-C and SIGTERM: once is a request, twice is an order."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from commandline import wait_until, write_clip

from emojicam.interrupt import Interrupt, ask_to_end


def test_a_second_signal_leaves_at_once(tmp_path: Path) -> None:
    """Slow to encode, so that what is under way takes longer than the time between the two."""
    write_clip(tmp_path / "in.mp4", 60, size=(1280, 720))
    program = subprocess.Popen(
        [sys.executable, "-m", "emojicam", "annotate", "in.mp4", "-o", "out.mp4", "--codec-preset", "veryslow"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = tmp_path / "out.part.mp4"
    wait_until(part.exists, program)
    time.sleep(1)
    program.send_signal(signal.SIGINT)
    time.sleep(0.2)
    program.send_signal(signal.SIGTERM)
    _, err = program.communicate(timeout=10)
    assert program.returncode == 130
    assert err == "emojicam: left at once\n"
    assert not (tmp_path / "out.mp4").exists()


USER = signal.SIGUSR1 if hasattr(signal, "SIGUSR1") else signal.SIGTERM


def test_the_first_signal_interrupts_where_the_program_is() -> None:
    with Interrupt(USER) as interrupt:
        assert not interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(USER)
        assert interrupt.asked


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_a_process_asks_itself_to_end_on_every_platform(platform: str) -> None:
    with Interrupt(signal.SIGTERM) as interrupt, interrupt.patiently():
        asking = threading.Thread(target=ask_to_end, args=(platform,))
        asking.start()
        asking.join()
        deadline = time.monotonic() + 10
        while not interrupt.asked and time.monotonic() < deadline:
            time.sleep(0.01)
        assert interrupt.asked


def test_patiently_it_is_only_asked() -> None:
    with Interrupt(USER) as interrupt:
        with interrupt.patiently():
            signal.raise_signal(USER)
            finished = True
        assert finished
        assert interrupt.asked


def test_postponed_it_raises_behind_what_is_not_to_be_cut_in_two() -> None:
    with Interrupt(USER) as interrupt:
        done = []

        def work() -> None:
            with interrupt.postponed():
                with interrupt.postponed():
                    signal.raise_signal(USER)
                    done.append("inner")
                done.append("outer")

        with pytest.raises(KeyboardInterrupt):
            work()
        assert done == ["inner", "outer"]
        with interrupt.postponed():
            done.append("later")  # one that has raised already doesn't raise again
        assert done[-1] == "later"


def test_afterwards_it_is_impatient_again() -> None:
    with Interrupt(USER) as interrupt:
        with interrupt.patiently():
            pass
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(USER)


@pytest.mark.parametrize("fails", [False, True])
def test_at_the_end_signals_mean_what_they_meant_before(fails: bool) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run() -> None:
        with Interrupt():
            assert all(signal.getsignal(number) != handler for number, handler in before.items())
            if fails:
                raise ZeroDivisionError

    if fails:
        with pytest.raises(ZeroDivisionError):
            run()
    else:
        run()
    assert {number: signal.getsignal(number) for number in before} == before


def test_in_another_thread_nothing_is_taken() -> None:
    before = signal.getsignal(USER)
    seen: list[object] = []

    def run() -> None:
        with Interrupt(USER):
            seen.append(signal.getsignal(USER))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.parametrize("patient", [False, True])
def test_the_second_signal_leaves_at_once_with_a_line(patient: bool) -> None:
    program = (
        "import contextlib, signal\nfrom emojicam.interrupt import Interrupt\n"
        "with Interrupt() as interrupt:\n"
        f"    with interrupt.patiently() if {patient} else contextlib.nullcontext():\n"
        "        try:\n            signal.raise_signal(signal.SIGINT)\n"
        "        except KeyboardInterrupt:\n            pass\n"
        "        print('still here', flush=True)\n"
        "        signal.raise_signal(signal.SIGTERM)\n"
        "        print('never')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "still here\n", "emojicam: left at once\n")
