"""A process that uses one grant as often as it may; prints how often that was."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from datetime import datetime

from lienthong.gateway.quotas import PostgresQuotas
from lienthong.protocol.errors import LoggingFailed
from lienthong.protocol.grants import Quota


async def use(dsn: str, at: datetime, times: int, quota: Quota) -> int:
    quotas = PostgresQuotas(dsn)
    for _ in range(100):
        # A server that is busy with other tests may take its time to let somebody in.
        with contextlib.suppress(LoggingFailed):
            await quotas.take("not this grant", quota, at)
            break
        await asyncio.sleep(0.2)
    ends = await asyncio.gather(*(quotas.take("g", quota, at) for _ in range(times)))
    await quotas.close()
    return ends.count("")


if __name__ == "__main__":
    dsn, at, times, minute, day = sys.argv[1:]
    quota = Quota(per_minute=int(minute), per_day=int(day))
    sys.stdout.write(f"{asyncio.run(use(dsn, datetime.fromisoformat(at), int(times), quota))}\n")
