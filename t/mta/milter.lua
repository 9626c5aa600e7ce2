-- For miltertest: plays one connection of an SMTP client to the milter of spfd, and prints the milter's answers.
-- Globals from the command line: socket, ip, helo; from, one or more senders, separated by commas; header, a "Name: value" for each
-- message; authenticated, the user.
-- Prints one line per message: the reply to MAIL ("c": continue, "y": the milter's own reply), then the actions at its end.
local function reply(connection) return string.char(mt.getreply(connection)) end
local function must(failed, what) if failed ~= nil then error(what .. ": " .. tostring(failed)) end end

local c = mt.connect(socket, 40, 0.25)
if c == nil then error("no connection") end
must(mt.macro(c, SMFIC_CONNECT, "j", "mx.lab.test", "{daemon_name}", "MTA"), "macro")
must(mt.conninfo(c, "client.test", ip), "connect")
-- In the negotiation spfd has announced that it does not answer these two.
must(mt.helo(c, helo), "helo")
for sender in string.gmatch(from .. ",", "([^,]*),") do
  must(mt.macro(c, SMFIC_MAIL, "i", "QID1"), "macro")
  if authenticated then must(mt.macro(c, SMFIC_MAIL, "i", "QID1", "{auth_authen}", authenticated), "macro") end
  must(mt.mailfrom(c, "<" .. sender .. ">"), "mail")
  local line = sender .. " " .. reply(c)
  if reply(c) == "c" then
    if header then
      local name, value = string.match(header, "([^:]+): (.*)")
      must(mt.header(c, name, value), "header")
    end
    must(mt.eom(c), "end of message")
    line = line .. " " .. reply(c)
    for _, name in ipairs({"Received-SPF", "Authentication-Results"}) do
      if mt.eom_check(c, MT_HDRINSERT, name) then line = line .. " inserted " .. mt.getheader(c, name, 0) end
      if mt.eom_check(c, MT_HDRADD, name) then line = line .. " appended " .. name end
      if mt.eom_check(c, MT_HDRDELETE, name) then line = line .. " deleted " .. name end
    end
  else
    must(mt.abort(c), "abort")
  end
  print(line)
end
mt.disconnect(c)
