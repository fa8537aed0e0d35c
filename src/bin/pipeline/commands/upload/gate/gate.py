"""What Python can say of the files beside DAGs before they are uploaded. Reads JSON on stdin, writes JSON on stdout.

In: `root`, `files` (names below it), `left_out` (name -> reason), `declared` (packages), `airflow` (version or null).
Out: `problems`, each `{"file", "line", "message"}`, and `notes`.
"""

import ast
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import warnings

# Packages whose module has another name, as their own documentation says; others are found by the usual rule.
MODULES = {
    "beautifulsoup4": "bs4",
    "google-api-python-client": "googleapiclient",
    "opencv-python": "cv2",
    "pillow": "PIL",
    "protobuf": "google.protobuf",
    "psycopg2-binary": "psycopg2",
    "pyjwt": "jwt",
    "python-dateutil": "dateutil",
    "python-dotenv": "dotenv",
    "pyyaml": "yaml",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
}
# Airflow cannot run without it, and its own documentation imports it in DAGs.
WITH_AIRFLOW = {"airflow", "pendulum"}


def main():
    given = json.load(sys.stdin)
    problems, notes = [], []
    if not hasattr(sys, "stdlib_module_names"):
        notes.append(f"Python {sys.version.split()[0]} is too old to look at imports: 3.10 or later can")
        json.dump({"problems": [], "notes": notes}, sys.stdout)
        return
    known = Known(given)
    for name in given["files"]:
        if name.endswith(".py"):
            problems += of_file(os.path.join(given["root"], name), name, known)
    if not problems:
        loaded, note = load(given)
        problems += loaded
        notes += [note] if note else []
    json.dump({"problems": problems, "notes": notes}, sys.stdout)


class Known:
    """Which modules there will be."""

    def __init__(self, given):
        self.left_out = {module_of(name): (name, reason) for name, reason in given["left_out"].items()}
        self.modules, self.packages = set(), set()
        for name in given["files"]:
            if name.endswith(".py"):
                self.modules.add(module_of(name))
            parts = name.split("/")[:-1]
            self.packages |= {".".join(parts[: end + 1]) for end in range(len(parts))}
        self.declared = {module for package in given["declared"] for module in modules_of(package)}

    def missing(self, module):
        """Why there will be no such module; nothing if there will be, or if nobody can tell."""
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            if ".".join(parts[:end]) in self.left_out:
                name, reason = self.left_out[".".join(parts[:end])]
                return f"imports `{module}`, but `{name}` is left out: {reason}"
        top = parts[0]
        if module in self.modules or module in self.packages:
            return None
        if top in self.modules or top in self.packages:
            return f"imports `{module}`, which is not among the files"
        if top in WITH_AIRFLOW or top in sys.stdlib_module_names:
            return None
        if any(module == one or module.startswith(one + ".") or one.startswith(module + ".") for one in self.declared):
            return None
        return f"imports `{module}`, which is neither among the files nor declared in requirements.txt"


def module_of(name):
    return re.sub(r"(/__init__)?\.py$", "", name).replace("/", ".")


def modules_of(package):
    name = re.sub(r"[-_.]+", "-", package).lower()
    if name.startswith("apache-airflow"):
        return ["airflow"]
    found = [MODULES.get(name, name.replace("-", "_")), name.replace("-", ".")]
    try:  # where it is installed, it says so itself
        top = importlib.metadata.distribution(package).read_text("top_level.txt")
        found += (top or "").split()
    except importlib.metadata.PackageNotFoundError:
        pass
    return found


def of_file(path, name, known):
    def problem(line, message):
        return {"file": path, "line": line or 0, "message": message}

    try:
        with open(path, "rb") as file:
            source = file.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, path)
            compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return [problem(error.lineno, f"this is no Python {sys.version_info[0]}.{sys.version_info[1]}: {error.msg}")]
    except (OSError, ValueError) as error:
        return [problem(0, str(error))]
    package = name.split("/")[:-1]
    found = []
    for node, module in imports(tree, package):
        told = known.missing(module) if module else "imports from above the folder of the DAGs"
        if told:
            found.append(problem(node.lineno, told))
        elif isinstance(node, ast.ImportFrom) and (module in known.packages or module in known.modules):
            found += [
                problem(node.lineno, known.missing(f"{module}.{alias.name}"))
                for alias in node.names
                if alias.name != "*" and is_no_attribute(module, alias.name, known)
            ]
    return found


def is_no_attribute(module, name, known):
    """Whether `from module import name` can only mean a module, and there will be none."""
    inner = f"{module}.{name}"
    if inner in known.modules or inner in known.packages:
        return False
    return inner in known.left_out or module not in known.modules


def imports(tree, package):
    """Each import that is always needed: not one that may fail, nor one for a type checker alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if not node.level:
                yield node, node.module
            elif node.level > len(package):
                yield node, None if package or node.level > 1 else node.module
            else:
                base = package[: len(package) - node.level + 1]
                yield node, ".".join([*base, *([node.module] if node.module else [])])
        elif isinstance(node, ast.Try) and any(catches_import_errors(handler) for handler in node.handlers):
            for part in (*node.orelse, *node.finalbody):
                yield from imports(ast.Module([part], []), package)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from imports(ast.Module(node.orelse, []), package)
        else:
            yield from imports(node, package)


def catches_import_errors(handler):
    if handler.type is None:
        return True
    names = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(handler.type))


LOAD = """
import json, sys
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
print("\\n" + json.dumps(bag.import_errors))
"""


def load(given):
    """What Airflow itself says of the DAGs, where one of the environment's version is installed beside this Python."""
    try:
        here = importlib.metadata.version("apache-airflow")
    except importlib.metadata.PackageNotFoundError:
        return [], None
    wanted = given["airflow"]
    if wanted and wanted.split(".")[:2] != here.split(".")[:2]:
        return [], f"the DAGs were not loaded: Airflow {here} is here, the environment has {wanted}"
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as home:
        dags = os.path.join(home, "dags")
        for name in given["files"]:  # what is left out must not be found
            target = os.path.join(dags, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(os.path.join(given["root"], name), target)
        variables = {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__DAGS_FOLDER": dags,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PYTHONPATH": dags,
        }
        command = [sys.executable, "-c", LOAD, dags]
        done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
        try:
            errors = json.loads(done.stdout.strip().splitlines()[-1])
        except (IndexError, ValueError):
            return (
                [],
                f"Airflow {here} is here, but could not load the DAGs: {(done.stderr.strip() or '?').splitlines()[-1]}",
            )
    found = []
    for path, trace in errors.items():
        name = os.path.relpath(path, dags)
        last = trace.strip().splitlines()[-1] if trace.strip() else "no reason given"
        message = f"Airflow {here} cannot load it: {last.replace(dags, given['root'])}"
        found.append({"file": os.path.join(given["root"], name), "line": 0, "message": message})
    return found, None


main()
