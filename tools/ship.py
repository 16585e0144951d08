"""Put finished trainings into the package, and record their spread over seeds.

    for seed in 0 1 2; do srcnn train --model srcnn-915 --scale 3 --seed $seed --out runs/x3-$seed; done
    python tools/ship.py runs/x3-0 runs/x3-1 runs/x3-2

Of the runs of one model and scale, the one with the best PSNR on the held-out images is shipped: its weights, model
card and history go to srcnn/weights/. If there are several, all their cards go to results/seeds.json.
"""

import json
import shutil
import sys
from pathlib import Path

from srcnn import pretrained, records

RESULTS = Path(__file__).resolve().parent.parent / "results"


def main(folders):
    """Ship the best of the runs in `folders`; all must be of one model and scale."""
    cards = {}
    for folder in folders:
        files = list(Path(folder).glob("*-x?.json"))
        if len(files) != 1:
            sys.exit(f"{folder} holds no finished training (one model card *-x?.json)")
        cards[files[0]] = json.loads(files[0].read_text())
    if len({(card["model"], card["scale"]) for card in cards.values()}) != 1:
        sys.exit("give the folders of runs of one model and scale, that differ in the seed alone")
    best = max(cards, key=lambda file: cards[file]["held_out_psnr"])
    for source, target in (
        (best, best.name),
        (best.with_suffix(".npz"), f"{best.stem}.npz"),
        (best.with_name("history.csv"), f"{best.stem}.csv"),
    ):
        shutil.copyfile(source, pretrained.WEIGHTS / target)
    seed, psnr = cards[best]["seed"], cards[best]["held_out_psnr"]
    print(f"shipped {best.stem} of seed {seed}: {psnr:.2f} dB on the held-out images")
    if len(cards) > 1:
        runs = sorted(cards.values(), key=lambda card: card["seed"])
        file = RESULTS / "seeds.json"
        known = json.loads(file.read_text()) if file.is_file() else {}
        records.write_json(file, {**known, best.stem: runs})
        print("recorded", file)


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    main(sys.argv[1:])
