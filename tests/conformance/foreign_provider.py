"""
Providers nobody here wrote, for an interpreter of their own (requirements/foreign.in).

``foreign_provider.py soap|rest PORT``: a SOAP service made with
fastapi-xroad-soap, or a plain FastAPI application that knows nothing of any
exchange. Both describe themselves, as such services do.
"""

import sys

import uvicorn
from fastapi import FastAPI, Header, Request, Response
from fastapi_xroad_soap import MessageBody, SoapService, XroadHeader
from fastapi_xroad_soap.elements import Integer, String, SwaRef
from fastapi_xroad_soap.faults import SoapFault

SPACE = "urn:lienthong:outside"


def soap_service() -> FastAPI:
    service = SoapService(name="OutsideService", path="/service", this_namespace=SPACE)

    class Sum(MessageBody, tag="TinhTong"):
        first = Integer()
        second = Integer()

    class SumResponse(MessageBody, tag="TinhTongResponse"):
        total = Integer()
        asked_by = String()

    class Photo(MessageBody, tag="GuiAnh"):
        name = String()
        photo = SwaRef.Element()

    class PhotoResponse(MessageBody, tag="GuiAnhResponse"):
        size = Integer()
        copy_of = SwaRef.Element()

    @service.action("TinhTong", description="Cộng hai số")
    def add(body: Sum, header: XroadHeader) -> SumResponse:
        if body.second == 13:
            raise SoapFault("Client.SoXau", "Số này không cộng được", http_status_code=500)
        return SumResponse(total=body.first + body.second, asked_by=header.client.subsystem_code)

    @service.action("GuiAnh")
    def take(body: Photo) -> PhotoResponse:
        copy = SwaRef.File(name=body.photo.name, content=body.photo.content)
        return PhotoResponse(size=len(body.photo.content), copy_of=copy)

    return service


def rest_service() -> FastAPI:
    service = FastAPI(title="Dân số mẫu", servers=[{"url": "http://10.1.2.3:9000/api"}])

    @service.get("/api/persons/{number}")
    def person(number: str, request: Request, x_road_client: str = Header(), full: int = 0) -> dict:
        names = sorted(request.headers)
        return {"number": number, "client": x_road_client, "full": full, "headers": names}

    @service.post("/api/persons", status_code=201)
    async def enter(request: Request) -> Response:
        body = await request.body()
        return Response(body[::-1], status_code=201, headers={"Location": "/api/persons/1"})

    return service


if __name__ == "__main__":
    kind, port = sys.argv[1], int(sys.argv[2])
    application = soap_service() if kind == "soap" else rest_service()
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="warning")
