"""The site in languages that it does not have: see tests/write4rights/test_more_languages.py."""
