"""What the tools take, as the classes that make their schemas and check what comes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Nothing(BaseModel):
    """No arguments."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Asking(Nothing):
    """What a model will see."""

    private: bool = Field(default=False, description="The content is private: only cleared models may see it.")


class TaskInput(Asking):
    """A task for the router."""

    task: str = Field(min_length=1, description="What is to be done, in plain words.")
    context: str = Field(default="", description="Material that belongs to the task, such as a file's content.")
    role: str | None = Field(default=None, description="Take the models of this role.")
    model: str | None = Field(default=None, description="Take this configured model.")


class LocalInput(Nothing):
    """A prompt that must stay here."""

    prompt: str = Field(min_length=1, description="What is to be answered on this machine.")
    context: str = Field(default="", description="Material that belongs to the prompt.")


class CodeInput(Asking):
    """Code to write."""

    task_description: str = Field(min_length=1, description="What the code is to do.")
    file_context: str = Field(default="", description="Code that is there already.")
    language: str = Field(default="python", description="The programming language.")


class CompareInput(Asking):
    """A prompt for several models."""

    prompt: str = Field(min_length=1, description="What every model is asked.")
    models: list[str] = Field(min_length=1, max_length=16, description="Ids of configured models.")


class ListInput(Nothing):
    """Which model files."""

    scan: bool = Field(default=False, description="List files that nobody has registered, too.")


class RegisterInput(Nothing):
    """A model file to make a model of."""

    model_id: str = Field(min_length=1, description="The model's name; nobody may have it yet.")
    file_path: str = Field(min_length=1, description="A GGUF file in one of the folders of 'assets.roots'.")
    repo: str = Field(default="local", description="Where the file came from, for people.")
    tags: str = Field(default="", description="Tags, with commas between them.")


class UnregisterInput(Nothing):
    """A model to take out."""

    model_id: str = Field(min_length=1, description="The model.")
    from_roles: bool = Field(default=False, description="Take it out of its roles too.")
