"""What the expressions of a job, a step or an action refer to, and the conditions."""
import expressions
from expressions import Refused, to_text


class Open(dict):
    """A context in which a name that is not there is empty: vars, secrets, env, outputs."""


class Contexts(dict):
    """What expressions refer to, by name, and the functions that they call."""
    functions = {}

    def fill(self, value):
        return expressions.fill(value, self.evaluate)

    def fill_all(self, values):
        return {name: to_text(self.fill(value)) for name, value in (values or {}).items()}

    def evaluate(self, tree):
        return expressions.evaluate(tree, self.lookup, self.functions)

    def lookup(self, path):
        value, way = self, ""
        for key in path:
            way += f".{key}" if way else key
            if isinstance(value, Open):
                value = value.get(key, "")
            elif isinstance(value, dict) and key in value:
                value = value[key]
            else:
                raise Refused(f"{way} is not known here")
        return value


def status_functions(status, world):
    return {
        "always": lambda: True,
        "success": lambda: status() == "success" and not world.cancelled,
        "failure": lambda: status() == "failure",
        "cancelled": lambda: world.cancelled,
    }


def is_true(condition, contexts):
    if condition is None:
        condition = "success()"
    text = str(condition).strip()
    whole = expressions.EXPRESSION.fullmatch(text)
    tree = expressions.parse(whole[1] if whole else text)
    calls = {part[1] for part in expressions.parts(tree) if part[0] == "call"}
    if not calls & set(expressions.STATUS_FUNCTIONS):
        tree = ("&&", ("call", "success", []), tree)
    return bool(contexts.evaluate(tree))
