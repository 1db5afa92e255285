"""The command line `sketch-classifier`, or `python -m sketch_classifier`: predict, inspect, convert, app, …"""

from sketch_classifier.entry_point import run, use_this_checkout


def main() -> None:
    """Run the command of `sys.argv` and exit."""
    use_this_checkout()
    run(_command)


def _command() -> int:
    from sketch_classifier import project_commands  # here, so that `run` handles Ctrl-C during the imports, too
    from sketch_classifier.analysis import inspect_command
    from sketch_classifier.data import convert_command
    from sketch_classifier.serving import command_line

    return command_line.main(more=(inspect_command.add, convert_command.add, project_commands.add))


if __name__ == "__main__":
    main()
