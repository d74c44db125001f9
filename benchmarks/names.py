"""Measure how the code names things: `python benchmarks/names.py [FOLDER]` prints counts and shares.

Functions include methods; dunder methods and properties are left out. A name is one word if it has no underscore.
It starts with a participle if its first word ends in -ed or is an irregular one, and with a verb if its first word is
in VERBS. Types of parameters are their annotations as written; aliases are `import x as y` of the package's modules.
"""

import ast
import io
import statistics
import sys
import tokenize
from collections import defaultdict
from pathlib import Path

# Irregular past participles, and -ed words that are no participles.
PARTICIPLES = frozenset(
    """
    asked bought built chosen done drawn found given gone grown held kept known laid made met read_back said seen
    sent shown sold spent spoken stood taken thought told understood withheld written
    """.split()  # noqa: SIM905 - a list of words reads better as text
)
NO_PARTICIPLES = {"embed", "signed", "exceed", "feed", "need", "proceed", "seed", "speed", "succeed", "unused"}
VERBS = frozenset(
    """
    accept accepts accumulate add adjust aggregate align allow allows analyse annotate append apply approximate are
    ask assemble assign attach audit average balance begin bin bind block bootstrap build calculate call can cap
    cast center centre change charge check choose classify clean clear close cluster coerce collapse collect combine
    compare compile complete compose compress compute concatenate configure confirm connect contains convert copy
    correct count covers create cross cut damp deal decide declare declares decode decompress deduplicate defer
    define delete demand derive describe detect detects determine differ differs disable discard display distribute
    divide does draw drop dump edit embed emit empty enable encode end ends enforce ensure enter equals erase escape
    estimate evaluate exceed exclude excludes exists exit expand expect explain explode export extend extract factor
    fail fetch fill filter finalise find finish fit fits flag flatten flush fold follows forecast forget format
    freeze gather generate get give grade group guard guess handle has hash hide hides highlight hold holds identify
    ignore import impute include includes index infer init insert inspect install integrate intersect invert is
    iterate join judge keep keeps knows label lacks lay leave lift limit link list load lock log look looks lower
    make map mark mask match matches maximise may means measure mentions merge minimise mirror mix move must name
    names narrow needs negate normalise note number observe offers omit omits open optimise order overlap overlaps
    owns pack pad paint pair parse partition pass pick place plan plot precedes predict prepare print process
    profile project promise propose provide prune pseudonymise publish pull put quantise query quote raise rank rate
    reach read reads rebuild recode recognise reconcile record reduce refers refine refit reformat refuse register
    reject release remap remove rename render reorder repair repeat repeats replace report require requires resample
    rescale reset reshape resolve respond restore restrict rests return returns reuse reverse rewrite rotate round
    run sample save says scale scan score search seed select send separate serialise set settle shade shift shorten
    should show shows shuffle sign simplify simulate skip slice smooth solve sort speaks spell spill split spread
    stack stage standardise stands start starts stop store strip style subtract suggest sum summarise supports
    suppress swap sweep synchronise take takes tell terminate test tidy tie title toggle tokenise total touch trace
    track transform translate traverse trim truncate try turn undo unify unpack unwrap update upgrade use uses
    validate varies verify visit wait walk wants warn was watch weigh weight will winsorise withhold withholds word
    works would wrap write writes zip
    """.split()  # noqa: SIM905 - a list of words reads better as text
)
MANY_TYPES = 4


def is_participle(word: str) -> bool:
    """Tell whether a word reads as a past participle."""
    return word in PARTICIPLES or (word.endswith("ed") and len(word) > len("bed") and word not in NO_PARTICIPLES)


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / max(whole, 1):.1f} %)"


def _comment_lines(source: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return sum(token.type == tokenize.COMMENT and not token.string.startswith("# noqa") for token in tokens)


def is_property(function: ast.FunctionDef) -> bool:
    """Tell whether a method is a property, whose name is a noun."""
    return any("property" in ast.unparse(decorator) for decorator in function.decorator_list)


def measure(folder: Path) -> dict[str, str]:
    """Measure the names of all Python files below a folder.

    Returns:
        Each measure as text.
    """
    functions: list[str] = []
    types: dict[str, set[str]] = defaultdict(set)
    aliases: list[str] = []
    lines = comments = 0
    sizes: dict[Path, int] = {}
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        sizes[path] = source.count("\n")
        lines += sizes[path]
        comments += _comment_lines(source)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                if not node.name.startswith("__") and not is_property(node):
                    functions.append(node.name.strip("_"))
                for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                    if argument.annotation:
                        types[argument.arg].add(ast.unparse(argument.annotation).strip("'\""))
            elif isinstance(node, ast.Import | ast.ImportFrom):
                is_own = isinstance(node, ast.ImportFrom) and (node.module or "").startswith(folder.name)
                aliases += [
                    f"{path}: {name.asname}" for name in node.names if name.asname and len(name.asname) == 1 and is_own
                ]
    first = [name.split("_")[0] for name in functions]
    own_sizes = sorted(size for path, size in sizes.items() if path.name != "__init__.py")
    many = sorted(((len(kinds), name) for name, kinds in types.items() if len(kinds) > MANY_TYPES), reverse=True)
    return {
        "functions": f"{len(functions):,}",
        "start with a participle": _share(sum(map(is_participle, first)), len(functions)),
        "one word": _share(sum("_" not in name for name in functions), len(functions)),
        "start with a verb": _share(sum(word in VERBS for word in first), len(functions)),
        "one-letter module aliases": f"{len(aliases)}",
        "comment lines": _share(comments, lines),
        "parameter names of more than 4 types": f"{len(many)}: "
        + ", ".join(f"{name} {count}" for count, name in many[:12]),
        "modules": f"{len(own_sizes)}, median {statistics.median(own_sizes):.0f} lines, largest {own_sizes[-1]}",
        "lines": f"{lines:,}",
    }


if __name__ == "__main__":
    for name, value in measure(Path(sys.argv[1] if len(sys.argv) > 1 else "segcli")).items():
        print(f"{name:38} {value}")
