"""Settings survive a restart; a damaged file costs the settings, never the start."""

from __future__ import annotations

import json

import pytest

from tumordesk.core import paths
from tumordesk.core.errors import WriteError
from tumordesk.core.settings import Settings, SettingsStore


def test_without_a_file_the_defaults_hold(own_home):
    assert SettingsStore().load() == Settings()
    assert list(own_home.iterdir()) == [], "reading must not create anything"


def test_what_is_saved_comes_back(own_home):
    chosen = Settings(theme="light", device="cpu", overlay_opacity=0.3, recent=("a", "ö"))
    SettingsStore().save(chosen)
    assert SettingsStore().load() == chosen
    assert (own_home / "config" / "settings.json").is_file()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\x00" * 100,
        b"[]",
        b'{"theme": "pink"}',
        b'{"overlay_opacity": "much"}',
        b'{"made_up": 1}',
        b'{"recent": "not a list"}',
    ],
)
def test_a_damaged_file_gives_the_defaults_and_can_be_saved_over(own_home, content, caplog):
    path = own_home / "config" / "settings.json"
    path.parent.mkdir()
    path.write_bytes(content)
    store = SettingsStore()
    assert store.load() == Settings()
    assert "not usable" in caplog.text
    assert str(own_home) not in caplog.text, "paths can name a patient and stay out of the log"
    store.save(Settings(theme="light"))
    assert store.load().theme == "light"


def test_a_file_with_only_some_entries_keeps_the_other_defaults(own_home):
    path = own_home / "config" / "settings.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"theme": "light"}))
    assert SettingsStore().load() == Settings(theme="light")


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match=r"settings\.json could not be written"):
        SettingsStore(tmp_path / "file" / "settings.json").save(Settings())


def test_every_user_folder_follows_the_moved_home(own_home):
    folders = (paths.config_dir(), paths.data_dir(), paths.cache_dir(), paths.log_dir())
    assert all(folder.parent == own_home for folder in folders)
    assert len(set(folders)) == 4
    assert paths.user_models_dir().is_relative_to(own_home)


def test_without_a_moved_home_the_folders_are_the_systems(monkeypatch):
    monkeypatch.delenv("TUMORDESK_HOME")
    assert "TumorDesk" in str(paths.config_dir())


def test_a_frozen_program_finds_its_resources_beside_itself(tmp_path, monkeypatch):
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr("sys._MEIPASS", str(tmp_path), raising=False)
    assert paths.resource_root() == tmp_path / "resources"


def test_the_checkout_has_its_resources():
    assert paths.resource_root().is_dir()
    assert paths.sample_study_dir().is_dir()
