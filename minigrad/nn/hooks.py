"""Functions that run before or after a module's ``forward``, and the handle that takes them off again."""

from collections.abc import Callable
from typing import Any, NamedTuple

from minigrad.engine.hooks import RemovableHandle as RemovableHandle

Hook = Callable[..., Any]


class Hooked(NamedTuple):
    """A registered hook and whether it wants the keyword arguments, too."""

    function: Hook
    with_kwargs: bool


def add(hooks: dict[int, Hooked], hook: Hook, prepend: bool, with_kwargs: bool) -> RemovableHandle:
    """Register ``hook`` in ``hooks``, last in order or, with ``prepend``, first."""
    if not callable(hook):
        raise TypeError(f"a hook is a function that is called around forward, got {type(hook).__name__}")
    handle = RemovableHandle(hooks)
    before = dict(hooks)
    hooks[handle.id] = Hooked(hook, with_kwargs)
    if prepend:
        for key, value in before.items():  # put the earlier ones behind the new one
            del hooks[key]
            hooks[key] = value
    return handle


def run_before(
    hooks: dict[int, Hooked], module: object, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Pass the arguments of ``forward`` through each hook; what one returns, unless None, replaces them."""
    for hook in tuple(hooks.values()):  # a copy: a hook may take itself off
        if not hook.with_kwargs:
            changed = hook.function(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
            continue
        changed = hook.function(module, args, kwargs)
        if changed is None:
            continue
        if not (isinstance(changed, tuple) and len(changed) == 2 and isinstance(changed[1], dict)):
            raise RuntimeError(
                "a forward pre-hook registered with with_kwargs=True returns None or a pair (args, kwargs), "
                f"got {type(changed).__name__}"
            )
        args, kwargs = changed
    return args, kwargs


def run_after(
    hooks: dict[int, Hooked], module: object, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any
) -> Any:
    """Pass the output of ``forward`` through each hook; what a hook returns, unless None, replaces it."""
    for hook in tuple(hooks.values()):
        if hook.with_kwargs:
            changed = hook.function(module, args, kwargs, output)
        else:
            changed = hook.function(module, args, output)
        if changed is not None:
            output = changed
    return output
