"""Proof bundles: a grid's results in one file that a stranger can check.

X.zip, every file stored as it is, in the order of their names but for the first:

    bundle.json       what it holds: runs and their states, what they ran on, every file's hash
    bands.json        between what values the seeds of a method lie, at every step
    grid.json         the plan
    calibration.json  of a budget in seconds, what gave runs their steps
    report/           the page, its tables and figures, made from the files here
    runs/<run_id>/    spec, status, proof, rows, samples and seal; no checkpoint unless asked

    store -> make: contents, bands, report -> archive -> X.zip
    X.zip -> archive -> verify: checks, tables, bands, again

Nothing of a bundle is ever executed, imported or unpickled: it is names, JSON and pictures, and
what is not is refused before a byte of it is unpacked.
"""
