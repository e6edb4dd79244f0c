"""A campaign site as one evening makes it: what the real one is compared with by `make bench`.

Nothing of the real site is imported here. It is started in this folder, as a project of its own:
settings as `startproject` writes them, a database whose connections persist, WhiteNoise.
"""
