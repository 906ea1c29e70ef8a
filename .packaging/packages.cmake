# The packages: cpack makes a .deb and a .tar.gz of what gets installed. Two builds of one commit give
# the same bytes.
set(CPACK_GENERATOR DEB TGZ)
string(REPLACE x86_64 amd64 architecture ${CMAKE_SYSTEM_PROCESSOR})
string(REPLACE aarch64 arm64 architecture ${architecture})
set(CPACK_PACKAGE_FILE_NAME ${PROJECT_NAME}-${PROJECT_VERSION}-linux-${architecture})
set(CPACK_PACKAGE_VENDOR "The clear-app-cache developers")
set(CPACK_PACKAGE_CONTACT "${CPACK_PACKAGE_VENDOR} <clear-app-cache@users.noreply.github.com>")
set(CPACK_PACKAGE_DESCRIPTION "\
Removes the images that an application's docker compose build takes its cache
from, prunes the build cache, and then asks the engine again whether anything
is left that a build could reuse. It says what is left and who holds it, on a
terminal, as JSON, or in GitHub's logs. With limits, it prunes periodically.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${architecture})
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/.packaging/prerm ${PROJECT_SOURCE_DIR}/.packaging/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
if(NOT STATIC)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()
# cpack's own time would make each package another one.
file(CONFIGURE OUTPUT cpack_time.cmake CONTENT "set(ENV{SOURCE_DATE_EPOCH} ${RELEASE_EPOCH})\n")
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_BINARY_DIR}/cpack_time.cmake)

# Debian wants its documents compressed, and without a time in them.
function(install_compressed source name directory)
  set(compressed ${PROJECT_BINARY_DIR}/${name}.gz)
  add_custom_command(OUTPUT ${compressed} DEPENDS ${source}
    COMMAND gzip -9nc ${source} > ${compressed} VERBATIM)
  add_custom_target(compressed-${name} ALL DEPENDS ${compressed})
  install(FILES ${compressed} DESTINATION ${directory})
endfunction()

install_compressed(${PROJECT_SOURCE_DIR}/man/clear-app-cache.1 clear-app-cache.1 ${CMAKE_INSTALL_MANDIR}/man1)
configure_file(.packaging/changelog.in changelog @ONLY)
install_compressed(${PROJECT_BINARY_DIR}/changelog changelog ${CMAKE_INSTALL_DOCDIR})
install(FILES .packaging/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Not enabled: who limits the cache chooses the limits.
configure_file(.packaging/clear-app-cache.service.in clear-app-cache.service @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/clear-app-cache.service .packaging/clear-app-cache.timer
        DESTINATION lib/systemd/system)
include(CPack)

# The container image holds nothing but the static program.
if(STATIC)
  # That it has a curl of its own is its purpose.
  file(WRITE ${PROJECT_BINARY_DIR}/lintian/clear-app-cache "clear-app-cache: embedded-library *\n")
  install(FILES ${PROJECT_BINARY_DIR}/lintian/clear-app-cache DESTINATION share/lintian/overrides)
  set(archive ${PROJECT_BINARY_DIR}/${PROJECT_NAME}-${PROJECT_VERSION}-image-${architecture}.tar.gz)
  add_custom_command(OUTPUT ${archive} DEPENDS clear-app-cache .packaging/image.cmake
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:clear-app-cache> -DNAME=clear-app-cache:${PROJECT_VERSION}
            -DARCHITECTURE=${architecture} -DEPOCH=${RELEASE_EPOCH} -DARCHIVE=${archive}
            -P ${PROJECT_SOURCE_DIR}/.packaging/image.cmake
    VERBATIM)
  add_custom_target(image DEPENDS ${archive})
endif()
