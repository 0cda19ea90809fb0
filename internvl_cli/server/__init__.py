"""A model that stays loaded and answers over HTTP, in the words of the OpenAI chat protocol.

app       the routes
guard     who may ask: key, host, size of the body
incoming  a body becomes a request for an engine, or an error that says why not
images    data URLs and, from allowed hosts, http URLs become pages
desk      a bounded queue, and the one thread that asks the engine
outgoing  answers as completions and as events
trouble   errors as the protocol writes them
counts    what /metrics shows
run       a socket, uvicorn, signals
backend   LMDeploy or vLLM instead: the right command, and the wait until it is healthy
"""
