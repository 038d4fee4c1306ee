"""`solverhub train`: the table of models and the way to their training."""


def test_an_unknown_model_is_refused_with_the_choices(solverhub):
    done = solverhub("train", "nothing")
    assert done.status == 2
    assert "job-shop-policy" in done.err


def test_a_model_is_trained(solverhub, tmp_path):
    arguments = ["--preset", "tiny", "--updates", "3", "--out", str(tmp_path)]
    done = solverhub("train", "job-shop-policy", *arguments)
    assert done.status == 0, done.err
    assert (tmp_path / "weights.safetensors").is_file()
    assert "core_minutes" in (tmp_path / "config.toml").read_text()


def test_the_models_are_listed(solverhub):
    listed = {model["name"]: model for model in solverhub("models", "--output", "json").json}
    assert listed["job-shop-policy-small"]["weights_bytes"] > 10_000
