-- The requests of a file (parameter "file": a token, a tab and a body a line), by turns, with the method given.
local requests, position, headers = {}, 0, {}

function begin()
    requests = read_requests(parameters.file)
    headers = {["Content-Type"] = "application/json"}
end

function request()
    position = position % #requests + 1
    headers["X-Auth-Token"] = requests[position].token
    return wrk.format(wrk.method, nil, headers, requests[position].body)
end
