"""forward.py PORT SOCKET: 127.0.0.1:PORT leads to a unix socket. The private MariaDB has no TCP; packets that are to be
dropped need some. A process of its own, so that its connections are the kernel's to break."""
import asyncio
import sys


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def main(port, path):
    async def accept(reader, writer):
        try:
            there_reader, there_writer = await asyncio.open_unix_connection(path)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer))

    async with await asyncio.start_server(accept, "127.0.0.1", port, backlog=256) as server:
        print("listening", flush=True)
        await server.serve_forever()

asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
