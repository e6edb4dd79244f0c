"""What is done with uploads while they come in."""

from io import BytesIO

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers

MOST_KEPT = 16_000_000  # bytes a request, all files together: above what a picture may have
LARGEST_REQUEST = 60_000_000  # more is read by nobody


class BoundedUpload(FileUploadHandler):
    """Keeps uploads in memory and never on the disk, where they would lie as they came.

    Of what is too large only the size is known in the end, so that a form can say so and keep what
    was typed beside it.
    """

    kept = 0

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None) -> None:
        if (content_length or 0) > LARGEST_REQUEST:
            raise RequestDataTooBig(f"More than {LARGEST_REQUEST:,} bytes are sent.")

    def new_file(self, *args, **kwargs) -> None:
        super().new_file(*args, **kwargs)
        self.file = BytesIO()
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.kept += len(raw_data)
        if self.kept <= MOST_KEPT:
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.file.seek(0)
        return InMemoryUploadedFile(
            self.file,
            self.field_name,
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )
