"""GitHub's expressions, as far as the workflows here need them: parsed to a tree, of which the checks read what it
refers to, and which the runner evaluates. What it does not know is refused, never guessed.

A tree is ("value", X), ("name", [CONTEXT, KEY, ...]), ("call", FUNCTION, [TREE, ...]), ("not", TREE) or
(OPERATOR, TREE, TREE).
"""
import re


class Refused(Exception):
    """What GitHub would refuse, or what is not known here."""


TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][\w-]*)"
                   r"|(?P<sign>\|\||&&|==|!=|[!().,]))")
CONSTANTS = {"true": True, "false": False, "null": None}
STATUS_FUNCTIONS = ("always", "success", "failure", "cancelled")
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


def parse(text):
    """Returns the tree of what stands between ${{ and }}."""
    tokens, position = [], 0
    while text[position:].strip():
        match = TOKEN.match(text, position)
        if not match:
            raise Refused(f"expression '{text.strip()}': not known here from '{text[position:].strip()}' on")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    tokens.append(("end", ""))

    def take(sign):
        if tokens[0] == ("sign", sign):
            return tokens.pop(0)
        return None

    def expect(sign):
        if not take(sign):
            raise Refused(f"expression '{text.strip()}': '{sign}' expected before '{tokens[0][1]}'")

    def binary(operators, operand):
        tree = operand()
        while tokens[0][0] == "sign" and tokens[0][1] in operators:
            tree = (tokens.pop(0)[1], tree, operand())
        return tree

    def either():
        return binary(["||"], lambda: binary(["&&"], lambda: binary(["==", "!="], unary)))

    def unary():
        return ("not", unary()) if take("!") else primary()

    def primary():
        kind, word = tokens.pop(0)
        if kind == "text":
            return ("value", word[1:-1].replace("''", "'"))
        if kind == "number":
            return ("value", float(word))
        if (kind, word) == ("sign", "("):
            tree = either()
            expect(")")
            return tree
        if kind != "word":
            raise Refused(f"expression '{text.strip()}': a value expected before '{word}'")
        if word in CONSTANTS:
            return ("value", CONSTANTS[word])
        if take("("):
            arguments = []
            while not take(")"):
                arguments.append(either())
                if tokens[0] != ("sign", ")"):
                    expect(",")
            return ("call", word, arguments)
        path = [word]
        while take("."):
            path.append(tokens.pop(0)[1])
        return ("name", path)

    tree = either()
    if tokens[0][0] != "end":
        raise Refused(f"expression '{text.strip()}': '{tokens[0][1]}' is not expected")
    return tree


def parts(tree):
    """Yields the tree and all that it is made of."""
    yield tree
    for part in tree[2] if tree[0] == "call" else tree[1:]:
        if isinstance(part, tuple):
            yield from parts(part)


def evaluate(tree, lookup, functions):
    """lookup(PATH) is a context's value, functions are NAME: callable."""
    kind, *operands = tree
    if kind == "value":
        return operands[0]
    if kind == "name":
        return lookup(operands[0])
    if kind == "call":
        name, arguments = operands
        if name not in functions:
            raise Refused(f"the function {name} is not known here")
        return functions[name](*(evaluate(argument, lookup, functions) for argument in arguments))
    left = evaluate(operands[0], lookup, functions)
    if kind == "not":
        return not left
    if kind == "||":
        return left or evaluate(operands[1], lookup, functions)
    if kind == "&&":
        return evaluate(operands[1], lookup, functions) if left else left
    equal = is_equal(left, evaluate(operands[1], lookup, functions))
    return equal if kind == "==" else not equal


def is_equal(left, right):
    """As GitHub compares: texts without regard to case, different kinds as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if type(left) is type(right):
        return left == right
    return number(left) == number(right)


def number(value):
    try:
        return float(value or 0)
    except ValueError:
        return float("nan")


def to_text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def fill(value, evaluate_tree):
    """A YAML value with its expressions replaced. One that is an expression and nothing else keeps its type."""
    if not isinstance(value, str):
        return value
    whole = EXPRESSION.fullmatch(value.strip())
    if whole and value.count("${{") == 1:
        return evaluate_tree(parse(whole[1]))
    return EXPRESSION.sub(lambda match: to_text(evaluate_tree(parse(match[1]))), value)
