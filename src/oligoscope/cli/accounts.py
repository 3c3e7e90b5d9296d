"""`oligoscope accounts`: who may use a server, on the machine where its database is."""

import argparse
from typing import TYPE_CHECKING

from oligoscope.cli.common import DONE, Commands, add_command, add_group, add_json, complain, print_json, say
from oligoscope.cli.stored import add_database, opened, operator

if TYPE_CHECKING:
    from oligoscope.store.accounts import Accounts

ROLE_HELP = "viewer reads cases, clinician also saves and decides, curator sees no cases, admin may all"


def add_commands(commands: Commands) -> None:
    """`oligoscope accounts …`."""
    group = add_group(commands, "accounts", "Say who may use a server, and hand out codes and tokens.")
    add = _command(group, "add", _add, " --role admin", "Make an account; prints the code to choose a password with.")
    add.add_argument("--role", required=True, help=ROLE_HELP)
    _command(group, "reset", _reset, "", "Take a password and its sessions away, unlock; prints a code for a new one.")
    role = _command(group, "role", _role, " --role clinician", "Give an account another role.")
    role.add_argument("--role", required=True, help=ROLE_HELP)
    _command(group, "disable", _disable, "", "Let an account open nothing, and end its sessions; it is kept.")
    _command(group, "enable", _enable, "", "Let a disabled account sign in again.")
    _command(group, "remove", _remove, "", "Take an account away; what it did stays in the log.")
    token = _command(group, "token", _token, " --days 90", "Print a token for a program, once.")
    token.add_argument("--days", type=int, default=90, help="how long it lives (default: 90)")
    every = add_command(group, "list", _list, "oligoscope accounts list", "List the accounts.")
    add_database(every)
    add_json(every, "the accounts")


def _command(group: Commands, name: str, run: object, more: str, text: str) -> argparse.ArgumentParser:
    command = add_command(group, name, run, f"oligoscope accounts {name} anna{more}", text)
    command.add_argument("name", metavar="NAME")
    add_database(command)
    return command


def _accounts(arguments: argparse.Namespace) -> "Accounts":
    database = opened(arguments)
    from oligoscope.store.accounts import Accounts

    return Accounts(database)


def _add(arguments: argparse.Namespace) -> int:
    _handed(_accounts(arguments).add(arguments.name, arguments.role, operator()))
    return DONE


def _reset(arguments: argparse.Namespace) -> int:
    _handed(_accounts(arguments).reset(arguments.name, operator()))
    return DONE


def _handed(code: str) -> None:
    say(f"{code}\n")
    complain("give this code to its owner: within a day it chooses a password, at /password of the server, once")


def _role(arguments: argparse.Namespace) -> int:
    _accounts(arguments).give_role(arguments.name, arguments.role, operator())
    return DONE


def _disable(arguments: argparse.Namespace) -> int:
    _accounts(arguments).disable(arguments.name, operator())
    return DONE


def _enable(arguments: argparse.Namespace) -> int:
    _accounts(arguments).enable(arguments.name, operator())
    return DONE


def _remove(arguments: argparse.Namespace) -> int:
    _accounts(arguments).remove(arguments.name, operator())
    return DONE


def _token(arguments: argparse.Namespace) -> int:
    say(f"{_accounts(arguments).token(arguments.name, arguments.days, operator())}\n")
    complain("this is shown once; a program sends it as Authorization: Bearer TOKEN")
    return DONE


def _list(arguments: argparse.Namespace) -> int:
    found = _accounts(arguments).list()
    if arguments.json:
        return print_json({"accounts": [vars(each) for each in found]})
    for each in found:
        vouched = f"by {each.provider}" if each.provider else "" if each.has_password else "no password yet"
        more = list(filter(None, ["disabled"] * each.disabled + ["locked"] * each.locked + [vouched]))
        say(f"{each.name}  {each.role}{f'  ({chr(44).join(more)})' if more else ''}\n")
    return DONE
