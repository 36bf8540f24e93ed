-- One client of servers in each thread (as many threads as connections): boot one, look until it is ACTIVE, and again.
-- Parameters: path (of the collection), poll (ms between looks); with "file", a token, a tab and a body a line, each
-- client has a line of its own. "told" is the milliseconds of each boot.
told = ""
local state, server, began = "post", nil, 0

function begin()
    if not parameters.file then return end
    local requests = read_requests(parameters.file)
    local own = requests[(number - 1) % #requests + 1]
    wrk.headers["X-Auth-Token"] = own.token
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = own.body
end

function delay()
    if state == "look" then return tonumber(parameters.poll) end
    return 0
end

function request()
    if state == "post" then
        began = now_ms()
        return wrk.format("POST", parameters.path)
    end
    return wrk.format("GET", parameters.path .. "/" .. server, nil, "")
end

function response(status, headers, body)
    if status >= 400 then
        note_bad(status, body)
        state = "post"
    elseif state == "post" then
        server = body:match('"id": ?"([-0-9a-f]+)"')
        state = "look"
    elseif body:find('"status": ?"ACTIVE"') then
        told = told .. (told == "" and "" or ",") .. string.format("%.2f", now_ms() - began)
        state = "post"
    elseif body:find('"status": ?"ERROR"') then
        note_bad(status, "the server is in ERROR")
        state = "post"
    end
end
