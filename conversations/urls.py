"""The pages of conversations, and what is done to them."""

from django.urls import URLPattern, URLResolver, include, path

from conversations.views import attachments, conversations, messages, models, pages, parameters, settings

message_patterns: list[URLPattern | URLResolver] = [
    path("", messages.message, name="message"),
    path("text/", messages.text, name="message_text"),
    path("details/", messages.details, name="message_details"),
    path("sound/<int:place>/", messages.sound, name="live_sound"),
    path("picture/", messages.picture, name="picture_elsewhere"),
    path("raw/", messages.raw, name="raw_exchange"),
    path("probabilities/", messages.probabilities, name="probabilities"),
    path("versions/", messages.versions, name="versions"),
    path("edit/", messages.edit, name="edit_message"),
    path("regenerate/", messages.regenerate, name="regenerate"),
    path("retry/", messages.regenerate, name="retry"),
    path("continue/", messages.continue_, name="continue"),
    path("select/", messages.select, name="select_version"),
]

conversation_patterns: list[URLPattern | URLResolver] = [
    path("", pages.conversation, name="conversation"),
    path("messages/", messages.messages, name="messages"),
    path("messages/<uuid:message_id>/", include(message_patterns)),
    path("stop/", messages.stop, name="stop"),
    path("parameters/", parameters.parameters, name="parameters"),
    path("parameters/preset/", parameters.use_preset, name="use_preset"),
    path("model/", conversations.choose_model, name="choose_model"),
    path("rename/", conversations.rename, name="rename"),
    path("pin/", conversations.pin, name="pin"),
    path("archive/", conversations.archive, name="archive"),
    path("delete/", conversations.delete, name="delete"),
    path("restore/", conversations.restore, name="restore"),
]

attachment_patterns: list[URLPattern | URLResolver] = [
    path("", attachments.attachment, name="attachment"),
    path("thumbnail/", attachments.thumbnail, name="attachment_thumbnail"),
    path("preview/", attachments.preview, name="attachment_preview"),
    path("pages/<int:number>/", attachments.page, name="attachment_page"),
    path("describe/", attachments.describe, name="describe_attachment"),
    path("discard/", attachments.discard, name="discard_attachment"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("c/<uuid:conversation_id>/", include(conversation_patterns)),
    path("conversations/", conversations.sidebar, name="sidebar"),
    path("archived/", conversations.archived, name="archived"),
    path("models/", models.models, name="models"),
    path("parameters/", parameters.new_parameters, name="new_parameters"),
    path("parameters/schema/", parameters.schema_template, name="schema_template"),
    path("parameters/defaults/", parameters.save_defaults, name="save_defaults"),
    path("parameters/defaults/forget/", parameters.forget_defaults, name="forget_defaults"),
    path("presets/", parameters.save_preset, name="save_preset"),
    path("presets/<int:preset_id>/share/", parameters.share_preset, name="share_preset"),
    path("presets/<int:preset_id>/delete/", parameters.delete_preset, name="delete_preset"),
    path("attachments/", attachments.upload, name="upload"),
    path("attachments/tray/", attachments.tray, name="tray"),
    path("attachments/order/", attachments.arrange, name="arrange_attachments"),
    path("attachments/shared/<str:token>/", attachments.shared, name="shared_attachment"),
    path("attachments/<uuid:attachment_id>/", include(attachment_patterns)),
    path("settings/", settings.settings, name="settings"),
    path("settings/language/", include("django.conf.urls.i18n")),
]
