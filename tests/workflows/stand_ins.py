"""What stands in for the actions of others: files from local directories instead of the internet. NAME: function of the
job and of the inputs; it writes where the action would write. An input that it does not know is refused.
"""
import glob
import shutil
from pathlib import Path

from expressions import Refused


def take(given, where, *names):
    for name in given:
        if name not in names:
            raise Refused(f"{where}: the input {name} is not known here")
    return [given.get(name, "") for name in names]


def checkout(job, given):
    repository, ref, path, _ = take(given, "checkout", "repository", "ref", "path", "persist-credentials")
    source = job.world.repository(repository or job.world.repositories[0].repository, ref)
    # Neither what was built there nor its history.
    shutil.copytree(source.directory, job.workspace / path, symlinks=True, dirs_exist_ok=True,
                    ignore=lambda directory, _: ["build", ".git"] if Path(directory) == source.directory else [])


def upload_artifact(job, given):
    name, path, if_none = take(given, "upload-artifact", "name", "path", "if-no-files-found")
    files = [Path(file) for pattern in path.split() for file in glob.glob(str(job.workspace / pattern))]
    if not files and if_none == "error":
        raise Refused(f"upload-artifact: {path}: no files")
    store = job.world.directory / "artifacts" / name
    store.mkdir(parents=True)  # a name is used once
    for file in files:
        if file.is_dir():
            shutil.copytree(file, store, dirs_exist_ok=True)
        else:
            shutil.copy(file, store)
    for file in store.rglob("*"):  # an artifact keeps no permissions
        if file.is_file():
            file.chmod(0o644)


def download_artifact(job, given):
    name, path = take(given, "download-artifact", "name", "path")
    store = job.world.directory / "artifacts" / name
    if not store.is_dir():
        raise Refused(f"download-artifact: there is no artifact {name}")
    shutil.copytree(store, job.workspace / path, dirs_exist_ok=True)


STAND_INS = {
    "actions/checkout@v4": checkout,
    "actions/upload-artifact@v4": upload_artifact,
    "actions/download-artifact@v4": download_artifact,
}
