"""Threads that go on until an event is set. Whatever becomes of a part, its stack ends those that are left."""
import threading


class Background(threading.Thread):
    """`over`: the event at which it ends."""

    def __init__(self, over, **how):
        super().__init__(daemon=True, **how)
        self.over = over

    def abandon(self):
        """Nobody waits any more for what it finds."""
        self.over.set()


def stop_all(seconds=20):
    """Of a part that broke; one that went to its end has left none. The names of those that do not end."""
    left = [t for t in threading.enumerate() if isinstance(t, Background)]
    for thread in left:
        thread.abandon()
    for thread in left:
        thread.join(seconds)
    return [t.name for t in left if t.is_alive()]
