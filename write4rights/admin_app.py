from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Django's admin, opening with what is to do today."""

    default_site = "write4rights.admin_site.StaffSite"
