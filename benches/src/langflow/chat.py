import json, operator, os, sqlite3, sys, tempfile, time
from statistics import median
from typing import Annotated, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph


class Messages(TypedDict):
    messages: Annotated[list, operator.add]


def measure(saver, turns):
    builder = StateGraph(Messages)
    builder.add_node("answer", lambda state: {"messages": ["m" * 500]})
    builder.add_edge(START, "answer")
    builder.add_edge("answer", END)
    graph = builder.compile(checkpointer=saver)
    config = {"configurable": {"thread_id": "bench"}}

    def timed(work):
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) * 1e6

    turn = lambda: graph.invoke({"messages": ["m" * 500]}, config, durability="sync")
    times = [timed(turn) for _ in range(turns)]
    read = median(timed(lambda: graph.get_state(config)) for _ in range(20))
    return [median(times[5:15]), median(times[-50:]), read]


turns = int(sys.argv[1])
memory = measure(InMemorySaver(), turns)
with tempfile.TemporaryDirectory() as folder:
    connection = sqlite3.connect(os.path.join(folder, "threads.db"), check_same_thread=False)
    saver = SqliteSaver(connection)
    saver.setup()
    connection.execute("PRAGMA synchronous = NORMAL")
    print(json.dumps([memory, measure(saver, turns)]))
    connection.close()
