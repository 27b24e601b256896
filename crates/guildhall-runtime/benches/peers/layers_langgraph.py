"""A graph of 1,000 tasks in layers of 10 through LangGraph with its SQLite saver.

Prints the seconds that it takes, as JSON.
"""

import json
import operator
import sys
import time
from typing import Annotated, TypedDict

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph

LAYERS, WIDTH = 100, 10


class State(TypedDict):
    done: Annotated[list, operator.add]


def task(state):
    return {"done": [1]}


def build():
    graph = StateGraph(State)
    for layer in range(LAYERS):
        for place in range(WIDTH):
            graph.add_node(f"t{layer}_{place}", task)
    for place in range(WIDTH):
        graph.add_edge(START, f"t0_{place}")
    for layer in range(1, LAYERS):
        before = [f"t{layer - 1}_{place}" for place in range(WIDTH)]
        for place in range(WIDTH):
            graph.add_edge(before, f"t{layer}_{place}")
    graph.add_edge([f"t{LAYERS - 1}_{place}" for place in range(WIDTH)], END)
    return graph


def main(database):
    with SqliteSaver.from_conn_string(database) as saver:
        app = build().compile(checkpointer=saver)
        config = {"configurable": {"thread_id": "1"}, "recursion_limit": LAYERS + 10}
        started = time.perf_counter()
        result = app.invoke({"done": []}, config)
        seconds = time.perf_counter() - started
    assert len(result["done"]) == LAYERS * WIDTH, len(result["done"])
    print(json.dumps({"seconds": seconds, "tasks": LAYERS * WIDTH}))


main(sys.argv[1])
