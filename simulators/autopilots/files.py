"""Files over MAVLink (FTP): there are none, and whoever asks is told so at once instead of waiting."""

import struct

from pymavlink.dialects.v20 import ardupilotmega as mavlink

_HEADER = struct.Struct("<HBBBBBxI")
_NAK, _NO_SUCH_FILE = 129, 10
_PAYLOAD = 251


def no_files(message: mavlink.MAVLink_message) -> mavlink.MAVLink_file_transfer_protocol_message:
    """The refusal (NAK, file not found) of any FILE_TRANSFER_PROTOCOL request."""
    seq, session, opcode, *_ = _HEADER.unpack(bytes(message.payload[: _HEADER.size]))
    answer = _HEADER.pack((seq + 1) % 65536, session, _NAK, 1, opcode, 0, 0) + bytes([_NO_SUCH_FILE])
    target = (message.get_srcSystem(), message.get_srcComponent())
    return mavlink.MAVLink_file_transfer_protocol_message(0, *target, list(answer.ljust(_PAYLOAD, b"\0")))
