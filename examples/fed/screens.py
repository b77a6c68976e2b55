"""A simulator in miniature: the atmosphere over a visit is made once, and looked through by each sensor."""
import math
import random

SIZE = 96


def load(visit):
    """Screens of the atmosphere, the same for all sensors of a visit."""
    noise = random.Random(int(visit))
    waves = [[noise.uniform(-1, 1) for _ in range(4)] for _ in range(20)]
    return [[sum(math.sin(a * x + b * y + c) * d for a, b, c, d in waves) for x in range(SIZE)] for y in range(SIZE)]


def work(screens, line):
    """Draws one sensor, from a line with its name, the place where it is, and the path of the image."""
    name, x, y, image = line.split('\t')
    x, y = int(x), int(y)
    part = [[screens[(y + j) % SIZE][(x + i) % SIZE] for i in range(32)] for j in range(32)]
    low, high = min(map(min, part)), max(map(max, part))
    with open(image, 'w') as f:
        f.write('P2\n# %s\n32 32\n255\n' % name)
        for row in part:
            f.write(' '.join('%d' % (255 * (v - low) / (high - low)) for v in row) + '\n')
