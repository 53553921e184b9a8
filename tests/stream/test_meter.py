"""What a run's threads did with their time, as a table."""

from __future__ import annotations

from emojicam.stream.meter import Queue, StepTime, Times, table


def test_the_table_has_a_row_for_each_step_and_sums_runs() -> None:
    steps = (StepTime("source", 0, 10, 0.1), StepTime("see", 1, 10, 0.4), StepTime("sink", 2, 10, 0.2))
    run = Times(0.5, steps, (Queue("see", 1.5, 2, 0), Queue("sink", 0.0, 2, 3)))
    head, *rows, last = table([run, run]).splitlines()
    assert head.split("  ")[0] == "step"
    assert [row.split() for row in rows] == [
        ["source", "1", "20", "10.00", "20", "%"],
        ["see", "2", "20", "40.00", "80", "%", "1.5", "of", "2", "0"],
        ["sink", "3", "20", "20.00", "40", "%", "0.0", "of", "2", "6"],
    ]
    assert last == "20 items in 1.0 s: 20.0 a second"
    assert str(run) == table([run])


def test_of_nothing_there_is_a_table_too() -> None:
    run = Times(0.0, (StepTime("source", 0), StepTime("sink", 1)), (Queue("sink", 0.0, 2, 0),))
    _, source, sink, last = str(run).splitlines()
    assert source.split() == ["source", "1", "0", "0.00", "0", "%"]
    assert sink.split() == ["sink", "2", "0", "0.00", "0", "%", "0.0", "of", "2", "0"]
    assert last == "0 items in 0.0 s: 0.0 a second"


def test_what_waited_is_told_as_the_mean_of_the_runs() -> None:
    steps = (StepTime("source", 0, 1000, 0.1), StepTime("sink", 1, 1000, 0.2))
    one, two = (Times(1.0, steps, (Queue("sink", depth, 8, 1200),)) for depth in (1.0, 2.0))
    row = table([one, two]).splitlines()[2].split()
    assert row == ["sink", "2", "2,000", "0.20", "20", "%", "1.5", "of", "8", "2,400"]


def test_a_run_of_nothing_does_not_hide_what_the_others_did() -> None:
    one, two = (Times(1.0, (StepTime("source", 0, n, 0.1), StepTime("sink", 1, n, 0.1)), ()) for n in (0, 12))
    assert table([two, one]).splitlines()[-1] == table([one, two]).splitlines()[-1]
