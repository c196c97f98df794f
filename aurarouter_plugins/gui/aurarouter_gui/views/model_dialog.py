"""The form of a model: a new one, or one that is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from aurarouter_core import check_config
from aurarouter_gui.state.amending import request_of
from aurarouter_gui.state.model_form import PLAIN, ModelForm
from aurarouter_gui.state.models import Models
from aurarouter_gui.state.words import trouble
from aurarouter_gui.views.parts import Notice, caption, label

FIELDS: Mapping[str, tuple[str, str]] = {
    "model_name": ("Name there", "what the server calls it, if not the same"),
    "endpoint": ("Endpoint", "http://127.0.0.1:8080/v1"),
    "model_path": ("File", "a GGUF file on this machine"),
    "env_key": ("Key's variable", "the environment variable that holds the key, never the key"),
    "tags": ("Tags", "fast, private: private lets private content go there"),
    "timeout": ("Timeout", "seconds that one attempt may take"),
    "parameters": ("Parameters", "{temperature: 0.2}"),
    "options": ("Options", "settings of this provider alone, as YAML"),
}


class ModelDialog(QDialog):
    """Writes the configuration when it is agreed to.

    Args:
        parent: Where it belongs.
        state: The panel's.
        name: The model to change; None for a new one.
    """

    def __init__(self, parent: QWidget, state: Models, name: str | None) -> None:
        super().__init__(parent)
        self._state = state
        self._before: ModelForm | None = None
        self._named = name or ""
        self.setWindowTitle(f"Change {name}" if name else "Add a model")
        self.setMinimumWidth(520)
        self.name, self.provider = QLineEdit(name or ""), QComboBox()
        self.name.setReadOnly(name is not None)
        self.name.setPlaceholderText("a name of your own")
        self.provider.addItems(state.providers)
        self.fields = {key: QLineEdit() for key in FIELDS}
        self.notice = Notice()
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.addRow(caption("Name", self.name), self.name)
        form.addRow(caption("Provider", self.provider), self.provider)
        for key, (title, hint) in FIELDS.items():
            self.fields[key].setPlaceholderText(hint)
            form.addRow(caption(title, self.fields[key]), self.fields[key])
        self.roles = [QCheckBox(role) for role in state.roles] if name is None else []
        if self.roles:
            roles = QWidget()
            column = QVBoxLayout(roles)
            column.setContentsMargins(0, 0, 0, 0)
            for box in self.roles:
                column.addWidget(box)
            form.addRow(label("Joins", tone="muted", wraps=False), roles)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self.save = self.buttons.button(QDialogButtonBox.StandardButton.Save)
        self.save.setObjectName("main")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(self.notice)
        layout.addLayout(form)
        layout.addWidget(self.buttons)
        self.finished.connect(self.deleteLater)
        self.name.textChanged.connect(lambda _: self._enable())
        if name is not None:
            self._read(name)
        self._enable()

    def _read(self, name: str) -> None:
        """Fill the form with what the configuration says, read beside the UI's thread."""
        link = self._state.link

        def look() -> ModelForm:
            return ModelForm.of(check_config(link.plugins, request_of(link)).layers, name)

        link.worker.begin(asyncio.to_thread(look), self._fill, lambda error: self.notice.trouble(trouble(error)))

    def _fill(self, form: ModelForm) -> None:
        self._before = form
        if self.provider.findText(form.provider) < 0:
            self.provider.addItem(form.provider)
        self.provider.setCurrentText(form.provider)
        for key, field in self.fields.items():
            field.setText(getattr(form, key))
        self._enable()

    def _enable(self) -> None:
        ready = self._before is not None or not self.name.isReadOnly()
        self.save.setEnabled(ready and bool(self.name.text().strip()))

    @property
    def form(self) -> ModelForm:
        """The form as it stands."""
        texts = {key: field.text().strip() for key, field in self.fields.items()}
        joined = tuple(box.text() for box in self.roles if box.isChecked())
        return ModelForm(name=self.name.text().strip(), provider=self.provider.currentText(), roles=joined, **texts)

    @property
    def changed(self) -> bool:
        """Something would be lost if it were closed."""
        form = self.form
        before = self._before or ModelForm(name=self._named, provider=form.provider)
        return (
            form.name != before.name
            or bool(form.roles)
            or any(getattr(form, key) != getattr(before, key) for key in PLAIN)
        )

    def accept(self) -> None:
        """Save, and close when that is done; what was typed stays while it isn't."""
        self.setEnabled(False)
        self._state.save(self.form, self._before, self._saved, self._failed)

    def _saved(self) -> None:
        super().accept()

    def _failed(self, error: BaseException) -> None:
        self.setEnabled(True)
        self.notice.trouble(trouble(error))

    def reject(self) -> None:
        """Close; asks first where something would be lost. Not while it is being saved."""
        if not self.isEnabled():
            return
        if self.changed:
            buttons = QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel
            answer = QMessageBox.question(self, "Unsaved changes", "Close the form without saving?", buttons)
            if answer != QMessageBox.StandardButton.Discard:
                return
        super().reject()
